"""What of a run's answers one audience may see.

An audience sees its own rows of now, and rows that it had before as they were while it had them. A run fetches once and
stores whole answers. An audience is applied to both sides before anything is compared, so that every count, sum and
move of a digest is one of its rows.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.domain.snapshot.opportunity import FOLLOWED, Status
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.scope import Check, Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, Table, table

Sees = Callable[[Record], bool | None]
"""Whether a row belongs to an audience. None: a value that this hangs on is not known, and then it does not."""


@dataclass(frozen=True, slots=True)
class Audience:
    """`key` stands for it in caches: two audiences that see different rows never have the same. `left` is the detail of
    a row that another audience has now ("reassigned", "filter"). `totals`: the numbers, groups and files of the whole
    team are shown beside its own rows.
    """

    key: Hashable
    sees: Sees
    left: str
    totals: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A query's answers as an audience sees them, and its scope: `now`, and the `before` it is compared with."""

    now: Snapshot
    before: Snapshot | None
    scope: Scope


def limited(audience: Audience, now: Snapshot, before: Snapshot | None, scope: Scope) -> Side:
    """Rows that changed hands are told apart from rows that left the list: the former audience sees them as they were,
    at their last value of its own, and the new one sees them join. Raises ValueError for an answer that lists no rows.
    """
    mine = _own(audience, now)
    if before is None:
        return Side(_cut(audience, now, mine), None, scope)
    was = _own(audience, before)
    theirs = {key: row for key, row in records(before.followed).items() if not audience.sees(row)}
    handed_on = _handed_on(audience, now, was.keys() - mine.keys())
    taken_over = ((_keys(before) - was.keys()) | theirs.keys()) & mine.keys()
    changed_hands = frozenset(handed_on | taken_over)
    check = Check(audience.left, "", lambda row: row.key not in changed_hands)
    return Side(
        replace(_cut(audience, now, mine), followed=_followed(now, before, was, handed_on)),
        replace(_cut(audience, before, was), followed=_last_known(before, was)),
        replace(scope, within=(check, *scope.within)),
    )


def seen(audience: Audience, answer: Snapshot) -> Snapshot:
    """One answer alone, compared with nothing. Raises ValueError for one that lists no rows."""
    return _cut(audience, answer, _own(audience, answer))


def _own(audience: Audience, answer: Snapshot) -> Mapping[str, Row]:
    rows = _rows(answer)
    found = records(rows)
    return {row.key: row for row in rows.rows if audience.sees(found[row.key])}


def _rows(answer: Snapshot) -> Table:
    if answer.rows is None:
        raise ValueError(f"{answer.query_id}: only a list has an audience")
    return answer.rows


def _keys(answer: Snapshot) -> set[str]:
    return {row.key for row in _rows(answer).rows}


def _cut(audience: Audience, answer: Snapshot, mine: Mapping[str, Row]) -> Snapshot:
    """The service's own count of the list is a number of the whole team, and so is a table beside the list."""
    own = replace(_rows(answer), rows=tuple(mine.values()), total=None)
    others = tuple(one for one in answer.tables if one.id != own.id) if audience.totals else ()
    return replace(
        answer,
        tables=(own, *others),
        members=answer.members & mine.keys(),
        measures=answer.measures if audience.totals else (),
        files=answer.files if audience.totals else (),
        notes=answer.notes if audience.totals else (),
        followed=None,
    )


def _handed_on(audience: Audience, now: Snapshot, gone: Iterable[str]) -> set[str]:
    """Of the rows that this audience does not have any more, those that another one has, or had when they ended."""
    listed, looked_up = _keys(now), records(now.followed)
    return {key for key in gone if key in listed or _others(audience, looked_up.get(key))}


def _others(audience: Audience, row: Record | None) -> bool:
    return row is not None and row.text("status") != Status.DELETED and not audience.sees(row)


def _followed(now: Snapshot, before: Snapshot, was: Mapping[str, Row], handed_on: set[str]) -> Table | None:
    """What became of the audience's own rows. One that changed hands is what it was: what happened later is not its."""
    looked_up = now.followed.rows if now.followed is not None else ()
    own = [row for row in looked_up if row.key in was and row.key not in handed_on]
    return _with_rows(now.followed, own, _rows(before), [was[key] for key in handed_on])


def _last_known(before: Snapshot, was: Mapping[str, Row]) -> Table | None:
    """Rows that the audience did not have then: they only tell how one that it has now came to it."""
    looked_up = before.followed.rows if before.followed is not None else ()
    return _with_rows(before.followed, looked_up, _rows(before), [r for r in _rows(before).rows if r.key not in was])


def _with_rows(followed: Table | None, own: Sequence[Row], source: Table, more: Sequence[Row]) -> Table | None:
    """`own` and `more`, which are rows of `source`, in the columns of `followed`, whose rows `own` are."""
    if followed is None and not more:
        return None
    columns = (source if followed is None else followed).columns
    place = {column.name: at for at, column in enumerate(source.columns)}
    picked = [place.get(column.name) for column in columns]
    added = [Row(row.key, tuple(None if at is None else row.cells[at] for at in picked)) for row in more]
    return table(FOLLOWED, columns, [*own, *added])

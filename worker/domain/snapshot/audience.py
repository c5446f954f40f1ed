"""What of a run's answers one audience may see.

An audience sees its own rows of now, and rows that it had before as they were while it had them. A run fetches once and
stores whole answers. An audience is applied to both sides before anything is compared, so that every count, sum and
move of a digest is one of its rows.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.opportunity import FOLLOWED, Status
from worker.domain.snapshot.record import Record, records
from worker.domain.snapshot.scope import Check, Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, Table, table

OWNER = "owner_id"


@dataclass(frozen=True, slots=True)
class Audience:
    """`key` stands for it in caches: two audiences that see different rows never have the same. `owns`: whose rows it
    sees, by the query's id and the owner's; None for everybody's. `holds`: a condition on a row, None for every row; it
    gives None if a value that it needs is not known, and then the row is not seen. `left` is the detail of a row that
    another audience has now ("reassigned", "filter"). `totals`: numbers, groups and files of the whole team are shown
    too. `owned`: those of the given owners for whom `owns` is true, where asking about each would take long.
    """

    key: Hashable
    left: str
    owns: Callable[[str, str | None], bool] | None = None
    holds: Callable[[Record], bool | None] | None = None
    totals: bool = False
    owned: Callable[[str, Mapping[str | None, object]], Iterable[str | None]] | None = None

    def sees(self, query: str, row: Record) -> bool | None:
        if self.owns is not None and not self.owns(query, row.text(OWNER)):
            return False
        return self.holds is None or self.holds(row)


@dataclass(frozen=True, slots=True, eq=False)
class SplitAnswer:
    """A list, split once for all audiences. `followed`: rows that left the list and were looked up, by key."""

    answer: Snapshot
    main: Table
    by_key: Mapping[str, Row]
    by_owner: Mapping[str | None, Sequence[Row]]
    followed: Mapping[str, Record]

    def record(self, row: Row) -> Record:
        return Record(row.key, self.main.record(row))


@dataclass(frozen=True, slots=True)
class Side:
    """A query's answers as an audience sees them, and its scope: `now`, and the `before` it is compared with."""

    now: Snapshot
    before: Snapshot | None
    scope: Scope


def split(answer: Snapshot) -> SplitAnswer:
    """Raises ValueError for an answer that lists no rows."""
    main = answer.rows
    if main is None:
        raise ValueError(f"{answer.query_id}: only a list has an audience")
    place = next((at for at, column in enumerate(main.columns) if column.name == OWNER), None)
    by_owner: dict[str | None, list[Row]] = {}
    for row in main.rows:
        owner = row.cells[place] if place is not None else None
        by_owner.setdefault(str(owner) if owner else None, []).append(row)
    return SplitAnswer(answer, main, main.by_key(), by_owner, records(answer.followed))


def limited(audience: Audience, now: SplitAnswer, before: SplitAnswer | None, scope: Scope) -> Side:
    """Rows that changed hands are told apart from rows that left the list: the former audience sees them as they were,
    at their last value of its own, and the new one sees them join.
    """
    mine = own(audience, now)
    if before is None:
        return Side(_cut(audience, now, mine), None, scope)
    was = own(audience, before)
    handed_on = {key for key in was.keys() - mine.keys() if key in now.by_key or _others(audience, now, key)}
    taken_over = {key for key in mine.keys() - was.keys() if key in before.by_key or _others(audience, before, key)}
    changed_hands = frozenset(handed_on | taken_over)
    check = Check(audience.left, "", lambda row: row.key not in changed_hands)
    return Side(
        replace(_cut(audience, now, mine), followed=_followed(now, before, was, handed_on)),
        replace(_cut(audience, before, was), followed=_last_known(before, mine.keys() - was.keys())),
        replace(scope, within=(check, *scope.within)),
    )


def seen(audience: Audience, answer: SplitAnswer) -> Snapshot:
    """One answer alone, compared with nothing."""
    return _cut(audience, answer, own(audience, answer))


def own(audience: Audience, answer: SplitAnswer) -> Mapping[str, Row]:
    """The audience's rows by key, in the order of the keys."""
    rows: Iterable[Row] = answer.main.rows
    if audience.owns is not None:
        owners = _owned(audience.owns, audience, answer)
        rows = sorted((row for owner in owners for row in answer.by_owner[owner]), key=lambda row: row.key)
    holds = audience.holds
    return {row.key: row for row in rows if holds is None or holds(answer.record(row))}


def _owned(owns: Callable[[str, str | None], bool], audience: Audience, answer: SplitAnswer) -> Iterable[str | None]:
    query = answer.answer.query_id
    if audience.owned is not None:
        return audience.owned(query, answer.by_owner)
    return [owner for owner in answer.by_owner if owns(query, owner)]


def undecided(audience: Audience, answer: SplitAnswer) -> int:
    """Rows that are not seen because it is not known whether the condition holds."""
    query, rows = answer.answer.query_id, (answer.record(row) for row in answer.main.rows)
    return 0 if audience.holds is None else sum(audience.sees(query, row) is None for row in rows)


def _cut(audience: Audience, answer: SplitAnswer, mine: Mapping[str, Row]) -> Snapshot:
    """The service's own count of the list is a number of the whole team, and so is a table beside the list."""
    whole, listed = answer.answer, replace(answer.main, rows=tuple(mine.values()), total=None)
    # The sums of earlier runs are the team's too: beside own rows they would be read as own sums.
    others = tuple(one for one in whole.tables if one.id not in (listed.id, HISTORY)) if audience.totals else ()
    return replace(
        whole,
        tables=(listed, *others),
        members=frozenset(key for key in mine if key in whole.members),
        measures=whole.measures if audience.totals else (),
        files=whole.files if audience.totals else (),
        notes=whole.notes if audience.totals else (),
        followed=None,
    )


def _others(audience: Audience, answer: SplitAnswer, key: str) -> bool:
    """Whether a row that left the list belonged to another audience when it was looked up."""
    row = answer.followed.get(key)
    return row is not None and row.text("status") != Status.DELETED and not audience.sees(answer.answer.query_id, row)


def _followed(now: SplitAnswer, before: SplitAnswer, was: Mapping[str, Row], handed_on: set[str]) -> Table | None:
    """What became of the audience's own rows. One that changed hands is what it was: what happened later is not its."""
    followed = now.answer.followed
    looked_up = followed.rows if followed is not None else ()
    mine = [row for row in looked_up if row.key in was and row.key not in handed_on]
    return _with_rows(followed, mine, before.main, [was[key] for key in handed_on])


def _last_known(before: SplitAnswer, joined: Iterable[str]) -> Table | None:
    """Of rows that the audience has now and did not have then: they only tell how each came to it."""
    keys = set(joined)
    followed = before.answer.followed
    looked_up = [row for row in followed.rows if row.key in keys] if followed is not None else []
    return _with_rows(followed, looked_up, before.main, [before.by_key[key] for key in keys & before.by_key.keys()])


def _with_rows(followed: Table | None, mine: Sequence[Row], source: Table, more: Sequence[Row]) -> Table | None:
    """`mine` and `more`, which are rows of `source`, in the columns of `followed`, whose rows `mine` are."""
    if followed is None and not more:
        return None
    columns = (source if followed is None else followed).columns
    place = {column.name: at for at, column in enumerate(source.columns)}
    picked = [place.get(column.name) for column in columns]
    added = [Row(row.key, tuple(None if at is None else row.cells[at] for at in picked)) for row in more]
    return table(FOLLOWED, columns, [*mine, *added])

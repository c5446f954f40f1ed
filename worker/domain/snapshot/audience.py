"""The part of a run's answers that one audience may see. An audience sees its present rows, and its former rows as they
were while it had them. A run fetches once and stores whole answers. An audience is applied to both sides before
anything is compared, so that every count, sum and move of a digest is one of its rows.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from worker.domain.snapshot.history import HISTORY
from worker.domain.snapshot.opportunity import FOLLOWED, Status
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.scope import Check, Scope
from worker.domain.snapshot.snapshot import Row, Snapshot, Table, table

OWNER = "owner_id"


@dataclass(frozen=True, slots=True)
class Audience:
    """`key` stands for it in caches: two audiences that see different rows never have the same. `owns`: whose rows it
    sees, by the query's id and the owner's; None for everybody's. `holds`: a condition on a row, None for every row; it
    gives None if a value that it needs is not known, and then the row is not seen. `left` is the detail of a row that
    another audience has now ("reassigned", "filter"). `totals`: numbers, groups and files of the whole team are shown
    too. `owned`: those of the given owners for whom `owns` is true, where asking about each would take long. `own`: its
    reader is who owns the rows; `team`: who manages their owners.
    """

    key: Hashable
    left: str
    owns: Callable[[str, str | None], bool] | None = None
    holds: Callable[[Record], bool | None] | None = None
    totals: bool = False
    owned: Callable[[str, Mapping[str | None, object]], Iterable[str | None]] | None = None
    own: bool = False
    team: bool = False

    def sees(self, query: str, row: Record) -> bool | None:
        if self.owns is not None and not self.owns(query, row.text(OWNER)):
            return False
        return self.holds is None or self.holds(row)


@dataclass(frozen=True, slots=True, eq=False)
class SplitAnswer:
    """A list, split once for all audiences; every mapping of rows is in the order of the keys. `followed`: rows that
    left the list and were looked up.
    """

    answer: Snapshot
    main: Table
    by_key: Mapping[str, Row]
    by_owner: Mapping[str | None, Mapping[str, Row]]
    followed: Mapping[str, Row]

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
    by_owner: dict[str | None, dict[str, Row]] = {}
    for row in main.rows:
        owner = row.cells[place] if place is not None else None
        by_owner.setdefault(str(owner) if owner else None, {})[row.key] = row
    followed = answer.followed.by_key() if answer.followed is not None else {}
    return SplitAnswer(answer, main, main.by_key(), by_owner, followed)


def limited(audience: Audience, now: SplitAnswer, before: SplitAnswer | None, scope: Scope) -> Side:
    """Rows that changed hands are distinguished from rows that left the list: the former audience sees them with the
    last value that they had while it owned them, and the new audience sees them join.
    """
    mine = own(audience, now)
    if before is None:
        return Side(_cut(audience, now, mine), None, scope)
    was = own(audience, before)
    gone, come = was.keys() - mine.keys(), mine.keys() - was.keys()
    handed_on = {key for key in gone if key in now.by_key or _others(audience, now, key)}
    taken_over = {key for key in come if key in before.by_key or _others(audience, before, key)}
    changed_hands = frozenset(handed_on | taken_over)
    check = Check(audience.left, "", lambda row: row.key not in changed_hands)
    return Side(
        _cut(audience, now, mine, _followed(now, before, was, handed_on)),
        _cut(audience, before, was, _last_known(before, come)),
        replace(scope, within=(check, *scope.within)),
    )


def seen(audience: Audience, answer: SplitAnswer) -> Snapshot:
    """One answer alone, compared with nothing."""
    return _cut(audience, answer, own(audience, answer))


def own(audience: Audience, answer: SplitAnswer) -> Mapping[str, Row]:
    """The audience's rows by key, in the order of the keys."""
    rows = answer.by_key if audience.owns is None else _owned(audience.owns, audience, answer)
    holds = audience.holds
    return rows if holds is None else {key: row for key, row in rows.items() if holds(answer.record(row))}


def _owned(owns: Callable[[str, str | None], bool], audience: Audience, answer: SplitAnswer) -> Mapping[str, Row]:
    """Most readers own the rows of one owner, which are in order as they were split."""
    query, by_owner = answer.answer.query_id, answer.by_owner
    asked = audience.owned(query, by_owner) if audience.owned is not None else by_owner
    owners = [owner for owner in asked if audience.owned is not None or owns(query, owner)]
    if len(owners) == 1:
        return by_owner[owners[0]]
    rows = (row for owner in owners for row in by_owner[owner].values())
    return {row.key: row for row in sorted(rows, key=attrgetter("key"))}


def undecided(audience: Audience, answer: SplitAnswer) -> int:
    """Rows that are not seen because it is not known whether the condition holds."""
    query, rows = answer.answer.query_id, (answer.record(row) for row in answer.main.rows)
    return 0 if audience.holds is None else sum(audience.sees(query, row) is None for row in rows)


def _cut(audience: Audience, answer: SplitAnswer, mine: Mapping[str, Row], followed: Table | None = None) -> Snapshot:
    """The service's own count of the list is a number of the whole team, and so is a table beside the list."""
    whole, listed = answer.answer, replace(answer.main, rows=tuple(mine.values()), total=None)
    # The sums of earlier runs are the team's too: beside own rows they would be read as own sums.
    others = tuple(one for one in whole.tables if one.id not in (listed.id, HISTORY)) if audience.totals else ()
    return replace(
        whole,
        tables=(listed, *others),
        members=whole.members.intersection(mine),
        measures=whole.measures if audience.totals else (),
        files=whole.files if audience.totals else (),
        notes=whole.notes if audience.totals else (),
        followed=followed,
    )


def _others(audience: Audience, answer: SplitAnswer, key: str) -> bool:
    """Whether a row that left the list belonged to another audience when it was looked up."""
    found, followed = answer.followed.get(key), answer.answer.followed
    if found is None or followed is None:
        return False
    row = Record(key, followed.record(found))
    return row.text("status") != Status.DELETED and not audience.sees(answer.answer.query_id, row)


def _followed(now: SplitAnswer, before: SplitAnswer, was: Mapping[str, Row], handed_on: set[str]) -> Table | None:
    """What happened to the audience's own rows. A row that changed hands stays as it was: later changes are not shown
    to this audience.
    """
    mine = [now.followed[key] for key in (was.keys() & now.followed.keys()) - handed_on]
    return _with_rows(now.answer.followed, mine, before.main, [was[key] for key in handed_on])


def _last_known(before: SplitAnswer, joined: set[str]) -> Table | None:
    """Earlier readings of rows that the audience did not have then: they only show how each row came to it."""
    looked_up = [before.followed[key] for key in joined & before.followed.keys()]
    known = [before.by_key[key] for key in joined & before.by_key.keys()]
    return _with_rows(before.answer.followed, looked_up, before.main, known)


def _with_rows(followed: Table | None, mine: Sequence[Row], source: Table, more: Sequence[Row]) -> Table | None:
    """`mine` and `more`, which are rows of `source`, in the columns of `followed`, whose rows `mine` are."""
    if followed is None and not more:
        return None
    columns = (source if followed is None else followed).columns
    place = {column.name: at for at, column in enumerate(source.columns)}
    picked = [place.get(column.name) for column in columns]
    added = [Row(row.key, tuple(None if at is None else row.cells[at] for at in picked)) for row in more]
    return table(FOLLOWED, columns, [*mine, *added])

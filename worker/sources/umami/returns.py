"""Returning visitors, from a table of cohorts: a row for each first day, and one share of all of them."""

from worker.domain.snapshot.snapshot import Cell, Column, Kind, Measure, Row, Table, table
from worker.sources.umami.tables import ratio, total

DAYS = (1, 2, 3, 5, 7)
FIRST_DAYS = (
    Column("date", Kind.DATE),
    Column("visitors", Kind.INT),
    *(Column(f"day_{day}", Kind.RATIO) for day in DAYS),
)
"""Not significant: changes are reported for the cohorts that this is made from."""


def first_days(cohorts: Table) -> Table:
    """Keyed by date; a day that has not come yet is null."""
    known = _counts(cohorts)
    rows = []
    for date in sorted({date for date, _ in known}):
        visitors = max((new for (one, _), (new, _) in known.items() if one == date), default=0)
        if visitors:
            shares: list[Cell] = [
                ratio(known[date, day][1], visitors) if (date, day) in known else None for day in DAYS
            ]
            rows.append(Row(date, (date, visitors, *shares)))
    return table("first_days", FIRST_DAYS, rows)


def shares(cohorts: Table) -> tuple[Measure, ...]:
    """For each of DAYS: of all cohorts that have reached this day, the share that came back on it."""
    counts = _counts(cohorts)
    return tuple(_share(counts, day) for day in DAYS)


def _share(counts: dict[tuple[str, int], tuple[int, int]], day: int) -> Measure:
    known = [pair for (_, at), pair in counts.items() if at == day]
    first, back = sum(one for one, _ in known), sum(one for _, one in known)
    return total(f"back_on_day_{day}", Kind.RATIO, ratio(back, first), "that day has come for nobody")


def _counts(cohorts: Table) -> dict[tuple[str, int], tuple[int, int]]:
    """By first day and days since: how many came first on it, and how many came back."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in cohorts.rows:
        cells = cohorts.record(row)
        date, day, new, back = (cells[name] for name in ("date", "day", "visitors", "return_visitors"))
        if isinstance(date, str) and isinstance(day, int) and isinstance(new, int) and isinstance(back, int):
            found[date, day] = new, back
    return found

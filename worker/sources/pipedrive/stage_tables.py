"""One row for each stage: its open deals, how long deals stay in it, and how many continue.

The service gives days and shares for each person, but not the number of deals behind them. They cannot be averaged over
people, so that the least and the greatest of several people are printed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from worker.domain.snapshot.snapshot import Column, Kind, Row, Table, table
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.statistics_tables import DAY

_STAGE = (Column("stage_id", Kind.ID), Column("stage", Kind.TEXT), Column("position", Kind.INT))
OPEN_STAGES = (*_STAGE, Column("deals", Kind.INT, sum=True))
STAGE_AGES = (*_STAGE, Column("stage_days", Kind.INT), Column("stage_days_most", Kind.INT))
STAGE_RATES = (*_STAGE, Column("advanced", Kind.RATIO), Column("advanced_most", Kind.RATIO))
"""Not significant: changes are reported for the rows and tables that these are made from."""


def open_stages(deals: Table, names: PipedriveNames) -> Table:
    """Keyed by stage. Only open deals."""
    rows = (deals.record(row) for row in deals.rows)
    counts = Counter(str(cells["stage_id"]) for cells in rows if cells["status"] == "open")
    return table("open_stages", OPEN_STAGES, (_row(stage, names, count) for stage, count in counts.items()))


def stage_ages(ages: Table, names: PipedriveNames) -> Table:
    """Keyed by stage: whole days, those of the person with the fewest and of the person with the most."""
    found: dict[str, list[int]] = {}
    for row in ages.rows:
        cells = ages.record(row)
        if isinstance(seconds := cells["average_age"], int | float):
            found.setdefault(str(cells["stage_id"]), []).append(round(seconds / DAY))
    return table("stage_ages", STAGE_AGES, _ranges(found, names))


def stage_rates(conversion: Table, names: PipedriveNames) -> Table:
    """Keyed by stage: the share that continued to the next one. A person whose shares are all zero has no deals."""
    rows = [conversion.record(row) for row in conversion.rows]
    moving = {str(cells["user_id"]) for cells in rows if cells["conversion_rate"]}
    found: dict[str, list[float]] = {}
    for cells in rows:
        stage, to, rate = cells["from_stage_id"], cells["to_stage_id"], cells["conversion_rate"]
        if str(cells["user_id"]) in moving and isinstance(rate, int | float) and _follows(stage, to, names):
            found.setdefault(str(stage), []).append(rate)
    return table("stage_rates", STAGE_RATES, _ranges(found, names))


def _ranges(found: Mapping[str, list[int]] | Mapping[str, list[float]], names: PipedriveNames) -> Iterable[Row]:
    return (_row(stage, names, min(values), max(values)) for stage, values in found.items())


def _follows(stage: object, to: object, names: PipedriveNames) -> bool:
    """Whether `to` is the next stage."""
    own = names.stages.get(str(stage))
    listed = [] if own is None else [one.id for one in names.of_pipeline(own.pipeline)]
    return any((stage, to) == pair for pair in pairwise(listed))


def _row(stage: str, names: PipedriveNames, *values: float) -> Row:
    known = names.stages.get(stage)
    return Row(stage, (stage, names.stage(stage), None if known is None else known.order, *values))

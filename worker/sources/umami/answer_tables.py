"""The tables of Umami's reports, by id with the names of their columns: what `show` may name."""

from collections.abc import Mapping
from typing import Any

from worker.domain.snapshot.snapshot import Column, Kind
from worker.ports.kinds import AnswerTables, columns_of
from worker.sources.umami.conversions import PATHS
from worker.sources.umami.over_time import BY_NAME, BY_REGION, CHART, COHORTS, SPEED, SPEED_BY_NAME, begin_column
from worker.sources.umami.presentations import breakdown_fields
from worker.sources.umami.returns import FIRST_DAYS
from worker.sources.umami.shares import ATTRIBUTED, SEEN, UTM
from worker.sources.umami.tables import counted

_NAME = Column("name", Kind.TEXT)

JOURNEY = columns_of({"journeys": PATHS})
RETENTION = columns_of({"cohorts": COHORTS, "first_days": FIRST_DAYS})
CAMPAIGNS = columns_of({name: (_NAME, counted("views")) for name in UTM})
ATTRIBUTION = columns_of({name: (_NAME, counted("value")) for name in ATTRIBUTED.values()})
_BY_ORIGIN = {"country": BY_NAME, "region": BY_REGION, "referrer": BY_NAME, "channel": BY_NAME}
_SPEEDS = dict.fromkeys(("pages", "page_titles", "devices", "browsers"), SPEED_BY_NAME)


def revenue(params: Mapping[str, Any]) -> AnswerTables:
    return columns_of({"chart": (_begin(params), *CHART), **_BY_ORIGIN})


def performance(params: Mapping[str, Any]) -> AnswerTables:
    return columns_of({"chart": (_begin(params), *SPEED), **_SPEEDS})


def breakdown(params: Mapping[str, Any]) -> AnswerTables:
    fields = (Column(field, Kind.TEXT) for field in breakdown_fields(params))
    return columns_of({"breakdown": (*fields, *SEEN)})


def _begin(params: Mapping[str, Any]) -> Column:
    return begin_column(str(params.get("unit", "day")))

"""Turns a question into requests: which report of which website, over which period, with which body.

Our windows exclude their end. Umami's ranges include it and count in milliseconds, so a range ends one millisecond
before our window.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.snapshot.notes import Note
from worker.domain.time.window import Window, WindowSpec, resolve
from worker.domain.time.zones import ZoneError, zone_named
from worker.ports import Question
from worker.sources.umami import filters, values
from worker.sources.umami.notes import MINUTES
from worker.sources.umami.rules import ATTRIBUTION_MODELS, DATES, zone
from worker.sources.umami.values import MILLISECOND

ZONED = frozenset({"retention", "revenue", "performance"})
"""Reports by days of a zone. Without a zone they would use that of the database session."""
CHARTED = frozenset({"revenue", "performance"})
_OURS = frozenset({"websiteId", "reportId", "filters", "compare", *DATES})


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """One report in the form of a request to Umami. `report`: the service's type, or stats. `zone` (IANA): the zone of
    the days of its rows. `parameters` contain no dates.
    """

    report: str
    website: str
    zone: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def place(self) -> ZoneInfo:
        return zone_named(self.zone)


@dataclass(frozen=True, slots=True)
class Dates:
    """What is sent, and its window; None if the definition's own words are sent."""

    start: str | int
    end: str | int
    window: Window | None


def question(report: str, ask: Question, website: str, given: Mapping[str, Any]) -> ReportRequest:
    """`given`: the report's parameters, from a definition or from a saved report. Raises values.Unfit."""
    place = _place(str(given.get("timezone") or ask.zone)) if report in ZONED else ask.zone
    parameters = {name: value for name, value in given.items() if name not in _OURS}
    notes: tuple[Note, ...] = ()
    if report in ZONED:
        parameters["timezone"] = place
    if report in CHARTED:
        parameters.setdefault("unit", "day")
    if report == "funnel":
        parameters["steps"] = values.steps(given.get("steps"))
        parameters["window"], bare = values.minutes(given.get("window"))
        notes = (MINUTES(given.get("window")),) if bare and ask.item.query == "funnel" else ()
    if report == "attribution":
        parameters["model"] = ATTRIBUTION_MODELS.get(str(given.get("model")), given.get("model"))
    if "currency" in parameters:
        parameters["currency"] = str(parameters["currency"]).upper()
    if report == "performance":
        parameters.setdefault("metric", "lcp")
    return ReportRequest(
        report, website, place, parameters, filters.sent(report, ask.item.params.get("filters", {})), notes
    )


def _place(name: str) -> str:
    """A zone that Umami accepts. Neither a saved report's zone nor a schedule's was checked for that."""
    try:
        return zone(name)
    except ZoneError as error:
        raise values.Unfit(error.found, error.expected) from None


def dates(ask: Question) -> tuple[Dates, Dates | None]:
    """The dates of the report itself, and of a second call for its comparison if there is one."""
    if ask.item.as_written:
        start, end = (_as_written(ask.item.params.get(name, "")) for name in DATES)
        return Dates(start, end, ask.window), None
    window = ask.window if ask.item.window is not None else _written(ask) or ask.window
    if window is None:
        raise values.Unfit("no stretch of time", "write window:")
    return of_window(window), None if ask.compared is None else of_window(ask.compared)


def of_window(window: Window) -> Dates:
    return Dates(stamp(window.start), stamp(window.end - MILLISECOND), window)


def stamp(moment: datetime) -> str:
    """2026-11-13T22:00:00.000Z. Umami would read an instant without offset in the server's zone."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(ask: Question) -> Window | None:
    given = ask.item.params
    if not all(name in given for name in DATES):
        return None
    spec = WindowSpec("range", values.opening(given["startDate"]), values.closing(given["endDate"]))
    return ask.resolve(spec) if ask.resolve is not None else resolve(spec, ask.slot, ask.zone)


def _as_written(value: Any) -> str | int:
    text = str(value)
    return int(text) if text.isdecimal() else text


def body(asked: ReportRequest, when: Dates) -> dict[str, Any]:
    """`filters` must exist even if it is empty, and its values are texts."""
    return {
        "websiteId": asked.website,
        "type": asked.report,
        "filters": dict(asked.filters),
        "parameters": {**asked.parameters, "startDate": when.start, "endDate": when.end},
    }


def stats_params(asked: ReportRequest, when: Dates) -> dict[str, str]:
    """Milliseconds. The server accepts the names startDate and endDate here and then fails."""
    return {"startAt": _milliseconds(when.start), "endAt": _milliseconds(when.end), **asked.filters}


def _milliseconds(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    moment = datetime.fromisoformat(value)
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return str(round(aware.timestamp() * 1000))


def noted(asked: ReportRequest, *notes: Note) -> ReportRequest:
    return replace(asked, notes=(*asked.notes, *notes))

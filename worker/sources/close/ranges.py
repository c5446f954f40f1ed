"""The periods of a funnel report: our windows as explicit instants, or ranges as written in the YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker.domain.time.window import Window, WindowSpec, compared, resolve
from worker.ports import Question
from worker.sources.close.rules import COHORT, COMPARED, CREATED, RANGES, REPORT


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a report. `body`: as it is posted. `window`: the period of the answer, None if Close decides."""

    body: Mapping[str, Any]
    window: Window | None


def asked(question: Question) -> tuple[Asked, Asked | None]:
    """The report itself, and a second call for its comparison if there is one.

    Close answers a request with `compared_*` with the comparison alone, so the comparison is a separate call. With
    explicit instants, it needs no `compared_*`.
    """
    return _as_written(question) if question.item.as_written else _resolved(question)


def _plain(question: Question) -> dict[str, Any]:
    return {name: value for name, value in question.item.params.items() if name not in RANGES}


def _as_written(question: Question) -> tuple[Asked, Asked | None]:
    params = dict(question.item.params)
    base = {name: value for name, value in params.items() if name not in COMPARED}
    return Asked(base, question.window), Asked(params, question.compared) if base != params else None


def _resolved(question: Question) -> tuple[Asked, Asked | None]:
    report = question.window if question.item.window is not None else _written(question, REPORT)
    cohort = question.window if question.item.window is not None else _written(question, COHORT)
    report = report or cohort or question.window
    cohort = cohort or report
    against = question.compared or _comparison(question, cohort if _created(question) else report)
    base = Asked(_body(question, report, cohort), report)
    return base, Asked(_body(question, against, against), against) if against is not None else None


def _created(question: Question) -> bool:
    return question.item.params.get("type") == CREATED


def _body(question: Question, report: Window | None, cohort: Window | None) -> dict[str, Any]:
    """A report of created deals takes a range for creation and one for activity; others take only the latter."""
    body = _plain(question)
    if report is not None:
        body["report_datetime_range"] = _instants(report)
    if cohort is not None and _created(question):
        body["cohort_datetime_range"] = _instants(cohort)
    return body


def _instants(window: Window) -> dict[str, str]:
    return {"start": stamp(window.start), "end": stamp(window.end)}


def stamp(moment: datetime) -> str:
    """2026-11-23T14:00:00Z, with a fraction only if it is not zero."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written(question: Question, names: tuple[str, ...]) -> Window | None:
    """The range in the parameters under one of `names`, resolved like `window:`."""
    value = next((question.item.params[name] for name in names if name in question.item.params), None)
    return None if value is None else named_window(question, value)


def _comparison(question: Question, base: Window | None) -> Window | None:
    same_days = question.item.params.get("compared_datetime_range")
    if same_days is not None and base is not None:
        return compared(base, WindowSpec(str(same_days)), question.slot)
    return _written(question, ("compared_relative_range", "compared_custom_range"))


def named_window(question: Question, value: Any) -> Window:
    """A window's name, or {start, end} in ISO 8601 (an edge without offset is wall time in the schedule's zone)."""
    spec = (
        WindowSpec("range", datetime.fromisoformat(str(value["start"])), datetime.fromisoformat(str(value["end"])))
        if isinstance(value, Mapping)
        else WindowSpec(str(value))
    )
    return question.resolve(spec) if question.resolve is not None else resolve(spec, question.slot, question.zone)

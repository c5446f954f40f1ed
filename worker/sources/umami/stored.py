"""Checks parameters of a saved report, because the server that stores them never did."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from worker.sources.umami.filters import FIELDS
from worker.sources.umami.rules import ATTRIBUTION_MODELS, UNITS, VITALS
from worker.sources.umami.values import EVENT_KINDS

NEEDED: Mapping[str, tuple[str, ...]] = {
    "funnel": ("steps", "window"),
    "goal": ("type", "value"),
    "journey": ("steps",),
    "revenue": ("currency",),
    "attribution": ("model", "type", "step"),
    "breakdown": ("fields",),
}
"""Type of report → parameters without which it cannot be run. A funnel's steps and window are checked when sent."""

_Fits = tuple[Callable[[Any], bool], str]


def _one_of(*choices: str) -> _Fits:
    return (lambda value: value in choices), f"{', '.join(choices[:-1])} or {choices[-1]}"


_TEXT: _Fits = (lambda value: isinstance(value, str)), "text"
_UNIT = _one_of(*UNITS)
_STEPS: _Fits = (lambda value: re.fullmatch("[2-7]", str(value), re.ASCII) is not None), "2 to 7"
_CURRENCY: _Fits = (lambda value: re.fullmatch("[A-Za-z]{3}", str(value)) is not None), "three letters, such as EUR"
_FIELDS: _Fits = (
    (lambda value: isinstance(value, list) and all(isinstance(field, str) and field in FIELDS for field in value)),
    f"a list of {', '.join(FIELDS)}",
)

_FITTING: Mapping[str, Mapping[str, _Fits]] = {
    "goal": {"type": _one_of(*EVENT_KINDS), "value": _TEXT},
    "journey": {"steps": _STEPS, "startStep": _TEXT, "endStep": _TEXT},
    "revenue": {"currency": _CURRENCY, "unit": _UNIT},
    "attribution": {"model": _one_of(*ATTRIBUTION_MODELS), "type": _one_of(*EVENT_KINDS), "step": _TEXT},
    "breakdown": {"fields": _FIELDS},
    "performance": {"metric": _one_of(*VITALS), "unit": _UNIT},
}


def wrong(report: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of parameters that do not fit, each with what is expected."""
    for name, (fits, expected) in _FITTING.get(report, {}).items():
        if name in given and not fits(given[name]):
            yield name, expected

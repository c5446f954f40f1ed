"""Keys of a rule that need no look at its query: times, severity and labels."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.times import one_line
from worker.adapters.definitions.words import advice, described, listed
from worker.domain.alert.rule import Severity
from worker.domain.alert.unknown_matchers import OF_ALL
from worker.domain.time.duration import DAY, parse_duration, written

SPANS = {"pending": 7 * DAY, "keep_firing": 7 * DAY, "repeat": 30 * DAY}
"""The longest, in seconds, by the field of the shape."""
_LABEL = re.compile(r"[a-z_][a-z0-9_]{0,63}")


def span(sheet: Sheet, path: Path, name: str, text: str) -> int | None:
    return parsed(sheet, (*path, "for" if name == "pending" else name), text, partial(_seconds, most=SPANS[name]), None)


def _seconds(text: str, *, most: int) -> int:
    total = parse_duration(text)
    if not 0 < total <= most:
        raise ValueError(f"write a duration of at least 1s and at most {written(most)}")
    return total


def severity_of(sheet: Sheet, path: Path, value: Any) -> tuple[Severity, dict[Severity, str]]:
    if value is None:
        return Severity.WARNING, {}
    if isinstance(value, str) and value in set(Severity):
        return Severity(value), {}
    if not isinstance(value, dict) or not value:
        expected = f"write {listed(Severity)}, or `{{critical: row.value >= 200000}}`"
        sheet.complain(path, f"`severity` with {described(value)}", expected)
        return Severity.WARNING, {}
    made = dict[Severity, str]()
    for word, text in value.items():
        if word not in set(Severity):
            sheet.complain((*path, word), f"`{word}`, which is no severity", advice(word, Severity), key=True)
        elif not isinstance(text, str):
            sheet.complain((*path, word), f"`{word}` with {described(text)}", "write a condition")
        else:
            made[Severity(word)] = str(text)
    return Severity.WARNING, made


def labels_of(sheet: Sheet, path: Path, value: Mapping[str, Any]) -> dict[str, str]:
    made = dict[str, str]()
    for name, text in value.items():
        at = (*path, name)
        if name in OF_ALL:
            sheet.complain(at, f"the label `{name}`, which every alert has", "choose another name", key=True)
        elif not _LABEL.fullmatch(name):
            sheet.complain(at, f"the label {described(name)}", "use a-z, 0-9 and _, at most 64", key=True)
        elif not isinstance(text, str) or not text.strip():
            sheet.complain(at, f"the label `{name}` with {described(text)}", "write text")
        else:
            made[name] = parsed(sheet, at, str(text), one_line, "")
    return made

"""Alert rules on the terminal, written out in the form of a definition."""

import json
import re
from collections.abc import Iterator

from worker.documents.rules import rules_document, written_out
from worker.domain.alert.rule import Rule
from worker.domain.known_names import nearest
from worker.domain.schedule import Bundle, Schedule
from worker.entry import console
from worker.errors import RequestError

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def show_rules(bundle: Bundle, wanted: str, *, as_json: bool) -> None:
    """`wanted`: a schedule, a rule, or SCHEDULE/RULE. Raises RequestError if there is none."""
    rules = _named(bundle, wanted)
    if as_json:
        console.show_json(rules_document(rules))
        return
    for schedule, rule in rules:
        console.out.print(f"# schedules/{schedule.id}: {rule.ready_made or 'as written'}", markup=False)
        for line in _lines(rule):
            console.out.print(line, markup=False, soft_wrap=True, highlight=False)


def _named(bundle: Bundle, wanted: str) -> list[tuple[Schedule, Rule]]:
    known = [(schedule, rule) for schedule in bundle.schedules.values() for rule in schedule.alerts]
    found = [(s, rule) for s, rule in known if wanted in (s.id, rule.id, f"{s.id}/{rule.id}")]
    if found:
        return found
    close = nearest(wanted, [name for s, rule in known for name in (rule.id, s.id)])
    advice = f"did you mean {close}?" if close else "name a rule, or a schedule that has `alerts` or `extends`"
    raise RequestError(f"{wanted}: no alert has this id; {advice}")


def _lines(rule: Rule) -> Iterator[str]:
    lead = "- "
    for key, value in written_out(rule).items():
        yield f"{lead}{key}: {_value(value)}"
        lead = "  "


def _value(value: object) -> str:
    """As YAML reads it: a text that is more than one word stands in quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)

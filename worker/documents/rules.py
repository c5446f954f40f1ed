"""Alert rules written out, as in a definition."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from worker.domain.alert.rule import NO_DATA_AFTER, Form, Grouping, NoData, Rule, Severity, name_of
from worker.domain.schedule import Schedule
from worker.domain.time.duration import written


def rules_document(rules: Iterable[tuple[Schedule, Rule]]) -> dict[str, Any]:
    """Rules as `check --explain` shows them: {"alerts": [{"schedule", "ready_made", "written_out": rule}, …]}.

    `ready_made`: the ready-made rule of the definition, null if none. `written_out`: the keys of an item of `alerts`,
    without those that have their default value.
    """
    return {
        "alerts": [
            {"schedule": one.id, "ready_made": rule.ready_made or None, "written_out": written_out(rule)}
            for one, rule in rules
        ]
    }


def written_out(rule: Rule) -> dict[str, Any]:
    """A rule: the keys of an item of `alerts`, without ready-made ones."""
    found = {
        "id": rule.id,
        "previously": rule.previously,
        "name": rule.name if rule.name != name_of(rule.id) else "",
        **({"on": rule.query} if rule.form is Form.QUERY else {"for_each": _for_each(rule)}),
        "if": rule.condition,
        "until": rule.until,
        "for": written(rule.pending) if rule.pending else "",
        "keep_firing": written(rule.keep_firing) if rule.keep_firing else "",
        "repeat": written(rule.repeat) if rule.repeat else "",
        "severity": _severity(rule),
        "labels": dict(rule.labels),
        "group": rule.group.value if rule.group is not Grouping.RUN else "",
        "notify": list(rule.notify),
        "resolved": "" if rule.resolved or rule.event else False,
        "no_data": rule.no_data.value if rule.no_data is not NoData.OPERATOR else "",
        "after": rule.after if rule.after != NO_DATA_AFTER else "",
    }
    return {name: value for name, value in found.items() if value not in ("", {}, [])}


def _for_each(rule: Rule) -> str | dict[str, str]:
    if rule.form is Form.GROUPS:
        return {"rows": rule.query, "by": rule.by}
    below = rule.change.value if rule.change else rule.table
    return f"{rule.query}.{below}" if below else rule.query


def _severity(rule: Rule) -> str | dict[str, str]:
    if rule.severities:
        return {severity.value: text for severity, text in rule.severities.items()}
    return rule.severity.value if rule.severity is not Severity.WARNING else ""


def expanded_document(files: Sequence[str], definition: Mapping[str, Any], made: Schedule) -> dict[str, Any]:
    """As `rules_document` of a schedule that extends files, with {"schedule", "files": [path, …], "definition"}.

    `definition` has all keys of the schedule and of these files, as they were written.
    """
    rules = rules_document((made, rule) for rule in made.alerts)
    return {"schedule": made.id, "files": list(files), "definition": dict(definition), **rules}

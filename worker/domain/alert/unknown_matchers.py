"""Matchers that match no alert of any deployed rule, probably because a name is misspelt."""

import re
from collections.abc import Iterable, Iterator, Sequence

from worker.domain.alert.matcher_text import fault_of
from worker.domain.alert.rule import Severity
from worker.domain.alert.silence import Matcher
from worker.domain.known_names import known_names
from worker.domain.schedule import Schedule

OF_ALL = ("schedule", "rule", "subject", "fingerprint", "severity", "owner", "owner_id", "stage", "pipeline")
"""Labels that every alert has or may have: a rule has none with such a name."""


def unknown_matchers(matchers: Iterable[Matcher], schedules: Iterable[Schedule]) -> tuple[str, ...]:
    """A sentence for each name that no deployed rule has. One may silence what is deployed later, so none is wrong."""
    watched = [one for one in schedules if one.alerts]
    rules = [rule for one in watched for rule in one.alerts]
    labels = {*OF_ALL, *(name for rule in rules for name in rule.labels), *(rule.by for rule in rules if rule.by)}
    labels |= {name for one in watched for inhibition in one.inhibit for name in inhibition.equal}
    values: dict[str, tuple[str, Sequence[str]]] = {
        "schedule": ("schedule with alerts", [one.id for one in watched]),
        "rule": ("deployed rule", sorted({rule.id for rule in rules})),
        "severity": ("severity", list(Severity)),
    }
    return tuple(_sentences(matchers, labels, values))


def _sentences(
    matchers: Iterable[Matcher], labels: set[str], values: dict[str, tuple[str, Sequence[str]]]
) -> Iterator[str]:
    for one in matchers:
        if one.name not in labels:
            yield f"no deployed rule has a label {one.name!r}; {known_names(one.name, labels)}"
        elif one.name in values and not _may_match(one, values[one.name][1]):
            noun, known = values[one.name]
            verb = "is called" if one.operator == "=" else "matches"
            yield f"no {noun} {verb} {one.value!r}; {known_names(one.value, known)}"


def _may_match(matcher: Matcher, known: Iterable[str]) -> bool:
    if matcher.operator == "=":
        return matcher.value in known
    return matcher.operator != "=~" or bool(fault_of(matcher)) or any(re.fullmatch(matcher.value, one) for one in known)

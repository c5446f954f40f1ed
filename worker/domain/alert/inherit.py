"""A rule that got another id goes on with what is remembered of it under the old one (decision 099)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState


def inherited(states: Mapping[str, RuleState], rules: Iterable[Rule]) -> Mapping[str, RuleState]:
    """`states`, and for each rule without one that of the id that it had before, as a state that was never written.
    The old one stays among them.
    """
    taken = {
        rule.id: replace(before, version=0, origin=before.origin or rule.previously)
        for rule in rules
        if rule.id not in states and (before := states.get(rule.previously)) is not None
    }
    return {**states, **taken}


def heirs(states: Mapping[str, RuleState], rules: Iterable[Rule]) -> Mapping[str, str]:
    """The ids of rules that go on, by the old ids under which their states were written."""
    return {
        rule.previously: rule.id
        for rule in rules
        if rule.previously in states and (held := states.get(rule.id)) is not None and held.version == 0
    }

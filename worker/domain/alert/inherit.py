"""A rule that got another id continues with its state under the old id (decisions 099 and 121)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState


def inherited(states: Mapping[str, RuleState], rules: Iterable[Rule]) -> Mapping[str, RuleState]:
    """`states`, and for each rule without one that of the id under which it was evaluated, as a state that was never
    written. That one stays among them.
    """
    defined = list(rules)
    taken = {
        rule.id: replace(states[before], version=0, origin=states[before].origin or before)
        for rule in defined
        if rule.id not in states and (before := _before(rule, states, defined))
    }
    return {**states, **taken}


def heirs(states: Mapping[str, RuleState], rules: Iterable[Rule]) -> Mapping[str, str]:
    """The ids of rules that go on, by the other ids under which their states were written. `states`: with those that
    are inherited.
    """
    defined = list(rules)
    return {
        before: rule.id
        for rule in defined
        if (held := states.get(rule.id)) is not None
        and held.version == 0
        and (before := _before(rule, states, defined))
    }


def unknown_before(states: Iterable[RuleState], slot: datetime) -> RuleState:
    """What is remembered of a rule without a state, for a run of this slot. Every run evaluates all rules of its
    definition. So if a later slot was evaluated, the rule was removed or renamed since, and its alerts were reported
    under the definition of this run: it counts as evaluated.
    """
    seen = [at for state in states for at in (state.slot, state.missed) if at is not None and at > slot]
    return RuleState(slot=max(seen)) if seen else RuleState()


def _before(rule: Rule, states: Mapping[str, RuleState], defined: Iterable[Rule]) -> str:
    """The other id under which a rule was evaluated; empty if there is none. It is the one that `previously` names. Of
    a run of an older definition, and of a rule that has its first id again, it is that with the same fingerprints.
    """
    if rule.previously in states:
        return rule.previously
    known = {one.id for one in defined}
    return next((name for name, one in states.items() if one.origin == rule.id and name not in known), "")

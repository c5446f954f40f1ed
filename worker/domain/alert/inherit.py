"""A rule that got another id continues with its state under the old id (decisions 099 and 121)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState

NO_EARLIER: Mapping[str, Sequence[str]] = {}
"""No rule had an id before `previously`."""


def inherited(
    states: Mapping[str, RuleState], rules: Iterable[Rule], earlier: Mapping[str, Sequence[str]] = NO_EARLIER
) -> Mapping[str, RuleState]:
    """`states`, and for each rule without one that of the id under which it was evaluated, as a state that was never
    written. That one stays among them. `earlier`: ids that rules had before `previously`, newest first.
    """
    defined = list(rules)
    taken = {
        rule.id: replace(states[before], version=0, origin=states[before].origin or before)
        for rule in defined
        if rule.id not in states and (before := _before(rule, states, defined, earlier.get(rule.id, ())))
    }
    return {**states, **taken}


def heirs(states: Mapping[str, RuleState], rules: Iterable[Rule]) -> Mapping[str, str]:
    """The ids of rules that go on, by the other ids under which their states were written. `states`: with those that
    are inherited.
    """
    defined = list(rules)
    known = {rule.id for rule in defined}
    going = {held.origin: rule.id for rule in defined if (held := states.get(rule.id)) and not held.version}
    return {
        name: going[first]
        for name, one in states.items()
        if name not in known and (first := one.origin or name) in going
    }


def unknown_before(states: Iterable[RuleState], slot: datetime) -> RuleState:
    """What is remembered of a rule without a state, for a run of this slot. Every run evaluates all rules of its
    definition. So if a later slot was evaluated, the rule was removed or renamed since, and its alerts were reported
    under the definition of this run: it counts as evaluated.
    """
    seen = [at for state in states for at in (state.slot, state.missed) if at is not None and at > slot]
    return RuleState(slot=max(seen)) if seen else RuleState()


def _before(rule: Rule, states: Mapping[str, RuleState], defined: Iterable[Rule], earlier: Iterable[str]) -> str:
    """The other id under which a rule was evaluated; empty if there is none. It is the one that `previously` names, or
    one of those before. Of a run of an older definition, and of a rule that has its first id again, it is that with the
    same fingerprints.
    """
    known = {one.id for one in defined}
    named = [rule.previously, *(one for one in earlier if one not in known)]
    if found := next((one for one in named if one in states), ""):
        return found
    return next((name for name, one in states.items() if one.origin == rule.id and name not in known), "")

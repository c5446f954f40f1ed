"""One evaluation of a rule about changes: each change is reported once and keeps no state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Transition
from worker.domain.alert.levels import severity_of
from worker.domain.alert.predicates import Judgement, Variables
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subjects import Subjects
from worker.domain.run import stamp

REMEMBERED = timedelta(days=400)
"""How long Funnelbeat remembers that an event was reported."""


@dataclass(slots=True)
class Happened:
    """`events`: fingerprints that were reported, with their slots. `judgements`: as in Evaluation."""

    events: dict[str, datetime]
    transitions: list[Transition] = field(default_factory=list)
    judged: int = 0
    unknown: int = 0
    judgements: dict[str, Judgement] = field(default_factory=dict)


def happened(
    context: RuleContext,
    slot: datetime,
    subjects: Subjects,
    known: Mapping[str, datetime],
) -> Happened:
    found = Happened({fingerprint: at for fingerprint, at in known.items() if slot - at < REMEMBERED})
    for key, variables in subjects.each():
        found.judged += 1
        holds = context.predicates.fires(variables)
        if holds is None:
            found.unknown += 1
        subject = event_subject(key, slot)
        fingerprint = context.fingerprint(subject)
        if not holds or fingerprint in found.events:
            continue
        found.events[fingerprint] = slot
        facts, severity = subjects.facts(key), severity_of(context, variables)
        found.judgements[subject] = Judgement(context.predicates.clauses, variables, True)
        found.transitions.append(
            Transition(subject, None, None, facts, slot, severity, AlertReason.NEW, _why(variables))
        )
    return found


def _why(variables: Variables) -> str:
    """The membership class of a change; empty if it has none."""
    change = variables.get("change")
    why = change.get("why") if change is not None else None
    return why if isinstance(why, str) else ""


def event_subject(key: str, slot: datetime) -> str:
    """Each change of a row is an alert of its own."""
    return f"{key}@{stamp(slot)}"

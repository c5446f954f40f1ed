"""What alerts a rule had at an earlier evaluation, as far as that is still known."""

from collections.abc import Mapping
from datetime import datetime

from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.state import AlertState, RuleState


def alerts_at(state: RuleState, found: Evaluation | None, slot: datetime) -> Mapping[str, AlertState]:
    """`state`: what is remembered now. `found`: what the evaluation at `slot` changed. An alert that ended since is
    known only if that evaluation changed it; one that began to fire since was pending, or nothing, then.
    """
    if state.slot is not None and state.slot <= slot:
        return state.alerts
    alerts = {subject: held for subject, held in state.alerts.items() if held.since <= slot}
    for one in found.transitions if found is not None else ():
        alerts.pop(one.subject, None)
        if one.after is not None:
            alerts[one.subject] = AlertState(one.after, one.since, one.facts, one.severity, notified=one.notified)
    return alerts

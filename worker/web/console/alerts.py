"""Alerts that fire or are pending, and what mutes them."""

from starlette.requests import Request
from starlette.responses import Response

from worker.domain.alert.matcher_text import silence_fault, written
from worker.domain.alert.silence import Silence
from worker.errors import RequestError
from worker.web.console.alert_rows import FIRING, ShownAlerts, matchers_of, shown_alerts
from worker.web.console.page import Visit, shown
from worker.web.console.rule_rows import rule_rows

MOST = 40
"""Alerts on one page."""


async def alerts_page(visit: Visit, request: Request) -> Response:
    """With `match`, the alerts that a silence with these matchers would mute, before it is created."""
    match = request.query_params.get("match", "")[:1_000]
    problem = ""
    try:
        found = await shown_alerts(visit, MOST, matchers_of(match))
    except RequestError as error:
        found, problem = ShownAlerts([]), str(error)
    rules = await rule_rows(visit)
    values: dict[str, object] = {
        "rows": found.rows,
        "all": found.all,
        "open": found.open,
        "others": [(name, n) for name, n in found.counts.items() if name != FIRING.name],
        "held": sum(1 for rule in rules if rule.held),
        "match": match,
        "problem": problem,
        "rules": rules,
        "silences": [_silence(visit, one) for one in await visit.uses.alerts.silences() if one.until > visit.now],
    }
    return shown(visit, "alerts", values, 422 if problem else 200)


def _silence(visit: Visit, of: Silence) -> dict[str, str]:
    w = visit.w
    return {
        "id": of.id,
        "what": w.clean(" ".join(map(written, of.matchers)), 200),
        "by": w.clean(of.by),
        "comment": w.clean(silence_fault(of) or of.comment, 200),
        "until": w.stamp(of.until),
    }

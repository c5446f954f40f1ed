"""Explanations of a run, and what was done."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from worker.documents.deliveries import why
from worker.domain.delivery import Baseline
from worker.domain.missed import MissedRow
from worker.flow.operate.explain import Explained, explain
from worker.web.console.missed import missed_slots
from worker.web.console.page import Visit, shown
from worker.web.console.states import delivery_mark

PAGE = 50
MOST_SHOWN = 80
"""Readers of a run on one page."""


async def explain_page(visit: Visit, request: Request) -> Response:
    """Raises RequestError for what names no run and no missed slot."""
    found = await explain(visit.uses, request.path_params["run"])
    w = visit.w
    if isinstance(found, MissedRow):
        values: dict[str, object] = {
            "schedule": found.schedule,
            "slot": w.stamp(found.last),
            "sentence": f"{w.say('console.slots', found.count)}. {w.reason(found.reason)}",
            "rows": (),
            "more": 0,
            "href": "",
            "once": secrets.token_urlsafe(12) if visit.runs_now(found.schedule) else "",
            "missed": await missed_slots(visit, visit.deployed.schedules[found.schedule], [found])
            if visit.runs_now(found.schedule)
            else (),
        }
        return shown(visit, "explain", values)
    run, rows = found
    values = {
        "schedule": run.key.schedule,
        "slot": w.stamp(run.key.slot),
        "sentence": w.sentence(run.sentence) or w.reason(run.reason),
        "rows": [_explained(visit, row) for row in sorted(rows, key=_rank)[:MOST_SHOWN]],
        "more": max(0, len(rows) - MOST_SHOWN),
        "href": visit.to("run", str(run.key)),
        "once": "",
    }
    return shown(visit, "explain", values)


def _rank(one: Explained) -> int:
    """Those who were not reached first."""
    return delivery_mark(one.row).rank


def _explained(visit: Visit, one: Explained) -> dict[str, object]:
    w = visit.w
    compared = [
        (w.clean(query), w.stamp(past.slot) if isinstance(past, Baseline) else w.reason(past))
        for query, past in one.compared.items()
    ]
    return {
        "address": w.clean(one.row.key.address),
        "mark": delivery_mark(one.row).name,
        "decision": w.reason(one.decision) if one.decision else w.say("console.not_told"),
        "why": w.clean(w.sentence(why(one.row)), 400),
        "compared": compared,
        "undecided": [(w.clean(query), w.count(n)) for query, n in one.undecided.items()],
    }


async def audit_page(visit: Visit, request: Request) -> Response:
    found = await visit.uses.audit.newest(PAGE + 1, request.query_params.get("before", ""))
    w = visit.w
    rows = [
        {
            "at": w.stamp(one.at),
            "who": w.clean(one.who),
            "door": str(one.door),
            "act": w.clean(one.act),
            "subject": w.clean(one.subject, 200),
            "before": _values(visit, one.before),
            "after": _values(visit, one.after),
        }
        for one in found[:PAGE]
    ]
    more = f"{visit.to('audit')}?{urlencode({'before': found[PAGE - 1].id})}" if len(found) > PAGE else ""
    return shown(visit, "audit", {"rows": rows, "next": more})


def _values(visit: Visit, of: Mapping[str, str]) -> str:
    w = visit.w
    return ", ".join(f"{w.clean(name)}: {w.clean(value)}" for name, value in of.items() if value)

"""What a token with the scope `read` sees."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from worker.documents.access import audit_document
from worker.documents.deliveries import delivery_document
from worker.documents.runs import run_document, shown_run_document
from worker.documents.schedules import schedules_document
from worker.documents.subscriptions import subscriptions_document
from worker.domain.access import TokenScope
from worker.domain.money import exponent
from worker.flow.operate.find_run import find_run
from worker.flow.operate.notes import notes_of
from worker.flow.operate.preview import bridge_of
from worker.flow.operate.schedules import schedules
from worker.flow.operate.subscriptions import listed
from worker.flow.services import Services
from worker.web.api.answers import LARGEST_PAGE, PAGE, answer
from worker.web.api.guard import Guard
from worker.web.api.shapes import (
    AuditShape,
    DeliveryShape,
    ListPage,
    RunShape,
    ScheduleRowShape,
    ShownRunShape,
    SubscriptionShape,
)

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Items, at most.")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first.")]
AuditCursor = Annotated[
    str,
    Query(pattern=r"^([0-9]{1,16}-[0-9]{1,16})?$", description="`next` of the page before; empty for the first."),
]
RunRef = Annotated[str, Path(max_length=400, description="A run's key, a unique prefix, ID@latest or ID@-1.")]


def reads(uses: Services, guard: Guard) -> APIRouter:
    router = APIRouter(dependencies=[Depends(guard.needs(TokenScope.READ))])

    @router.get("/schedules", response_model=list[ScheduleRowShape], tags=["schedules"])
    async def list_schedules(request: Request) -> Response:
        """Schedules in force, with the next slot and the last run of each."""
        return answer(request, schedules_document(await schedules(uses)))

    @router.get("/runs", response_model=ListPage[RunShape], tags=["runs"])
    async def list_runs(
        request: Request, schedule: str | None = None, limit: Limit = PAGE, cursor: Cursor = ""
    ) -> Response:
        """Runs, newest first, by slot."""
        found = await uses.lookups.runs(schedule, limit + 1, before=cursor)
        return answer(request, _page([run_document(run) for run in found], limit, "key"))

    @router.get("/runs/{run:path}/deliveries", response_model=list[DeliveryShape], tags=["runs"])
    async def list_deliveries(request: Request, run: RunRef) -> Response:
        """A run's deliveries, by reader."""
        found = await find_run(uses.lookups, run)
        return answer(request, [delivery_document(row) for row in await uses.lookups.deliveries(found.key)])

    @router.get("/runs/{run:path}", response_model=ShownRunShape, tags=["runs"])
    async def show_run(request: Request, run: RunRef) -> Response:
        """A run with its bridge, its deliveries, and what sources say beside their answers."""
        found = await find_run(uses.lookups, run)
        rows = await uses.lookups.deliveries(found.key)
        bridge, notes = await bridge_of(uses, found, rows), await notes_of(uses.snapshots, found)
        document = shown_run_document(found, bridge, rows, notes)
        return answer(request, {**document, "bridge": in_major_units(document["bridge"])})

    @router.get("/subscriptions", response_model=list[SubscriptionShape], tags=["subscriptions"])
    async def list_subscriptions(request: Request, schedule: str | None = None) -> Response:
        """Who gets what: entries of the definitions, and subscriptions beside them."""
        return answer(request, subscriptions_document(await listed(uses, schedule)))

    @router.get("/audit", response_model=ListPage[AuditShape], tags=["audit"])
    async def list_audit(request: Request, limit: Limit = PAGE, cursor: AuditCursor = "") -> Response:
        """What was done, by whom and through which door, newest first."""
        found = await uses.audit.newest(limit + 1, cursor)
        return answer(request, _page(audit_document(found), limit, "id"))

    return router


def in_major_units(bridge: dict[str, dict[str, int]] | None) -> dict[str, dict[str, dict[str, str]]] | None:
    """Amounts as the API writes them: {"amount": "52000.00", "currency": "EUR"}."""
    if bridge is None:
        return None
    return {
        currency: {name: _money(minor, currency) for name, minor in terms.items()} for currency, terms in bridge.items()
    }


def _money(minor: int, currency: str) -> dict[str, str]:
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    sign = "-" if minor < 0 else ""
    return {"amount": f"{sign}{whole}{f'.{rest:0{places}}' if places else ''}", "currency": currency}


def _page(documents: list[dict[str, Any]], limit: int, name: str) -> dict[str, Any]:
    """`documents`: one more than are shown, if there are more."""
    items = documents[:limit]
    return {"items": items, "next": items[-1][name] if len(documents) > limit else None}

"""GET /metrics for Prometheus. It needs a token with the scope `read`, as its figures tell how a business is run."""

from collections.abc import Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from worker.adapters.metrics import exposition
from worker.domain.access import TokenScope
from worker.errors import LedgerError
from worker.flow.operate.access_tokens import TokenUses
from worker.flow.operate.measure import MeasureUses, measure
from worker.web.api.guard import Guard
from worker.web.api.problem import HttpRefusal, problem

PATH = "/metrics"


class MetricsUses(TokenUses, MeasureUses, Protocol): ...


class MetricsPage:
    def __init__(self, uses: MetricsUses, monotonic: Callable[[], float]) -> None:
        self._uses, self._guard = uses, Guard(uses, monotonic)

    async def get(self, request: Request) -> Response:
        try:
            actor = await self._guard.actor(request)
            if not actor.may(TokenScope.READ):
                return problem(403, "forbidden", f"this needs the scope {TokenScope.READ}")
            measured = await measure(self._uses)
        except HttpRefusal as error:
            return problem(error.status, error.reason, error.detail, headers=error.headers)
        except LedgerError as error:
            return problem(503, "ledger_unavailable", str(error))
        body, content_type = exposition(measured, request.headers.get("accept", ""))
        return Response(body, headers=_HEADERS | {"Content-Type": content_type})


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

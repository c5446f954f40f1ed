"""The sandbox's own HTTP interface, for tests and child processes. Requests and answers are JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from worker.sandbox.close_api import CloseApi
from worker.sandbox.close_dialect import CloseDialect
from worker.sandbox.faults import Faults
from worker.sandbox.front import Front
from worker.sandbox.gate import Gate
from worker.sandbox.limits import Dialect
from worker.sandbox.mail import MailCatcher
from worker.sandbox.outbox import Outbox

ROOT = "/control"


class Control:
    """POST /control/<verb> with an object; GET /control/state. An unknown verb gives a 400 with one sentence."""

    def __init__(
        self,
        close: CloseApi,
        mail: MailCatcher,
        faults: Faults,
        gate: Gate,
        outbox: Outbox,
        now: Callable[[], datetime],
    ) -> None:
        self._close = close
        self._mail = mail
        self._faults = faults
        self._gate = gate
        self._outbox = outbox
        self._now = now
        self.front: Front | None = None

    def routes(self) -> list[Route]:
        return [
            Route(f"{ROOT}/state", self.state, methods=["GET"]),
            Route(f"{ROOT}/{{verb}}", self.act, methods=["POST"]),
        ]

    async def act(self, request: Request) -> Response:
        verbs: dict[str, Callable[[dict[str, Any]], Any]] = {
            "fault": self._fault,
            "clear": self._clear,
            "mail": self._mail_fault,
            "shift": lambda given: self._close.shifts.arm(**given),
            "limit": self._limit,
            "dialect": self._dialect,
            "latency": self._latency,
            "step": self._step,
            "gate": self._open_or_shut,
        }
        verb = verbs.get(request.path_params["verb"])
        if verb is None:
            return JSONResponse({"error": f"there is no {request.path_params['verb']!r} here"}, 404)
        try:
            given = json.loads(await request.body() or b"{}")
            told = verb(dict(given))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        if given.get("idle"):
            await self._gate.idle()
        return JSONResponse({"ok": True, "result": told})

    async def state(self, _request: Request) -> Response:
        """What was served and what was received, without the bodies."""
        log = [] if self.front is None else list(self.front.log)
        routes: dict[str, int] = {}
        for served in log:
            routes[served.route] = routes.get(served.route, 0) + 1
        received = [
            {"number": i.number, "kind": i.kind, "name": i.name, "sha256": i.sha256, "at": i.at.isoformat()}
            | {"meta": dict(i.meta)}
            for i in self._outbox.items
        ]
        told: Mapping[str, Any] = {
            "requests": routes,
            "refused": self._close.limit.refused,
            "faults": self._faults.met,
            "received": received,
            "steps": self._close.pipeline.steps,
        }
        return JSONResponse(told)

    def _fault(self, given: dict[str, Any]) -> dict[str, Any]:
        return asdict(self._faults.arm(**given))

    def _clear(self, _given: dict[str, Any]) -> None:
        self._faults.clear()
        self._mail.faults.clear()

    def _mail_fault(self, given: dict[str, Any]) -> None:
        kind = given.pop("kind")
        acts = {"refuse", "busy", "refuse_data", "drop", "delay"}
        if kind not in acts:
            raise ValueError(f"found {kind!r}, expected one of {', '.join(sorted(acts))}")
        getattr(self._mail.faults, kind)(**given)

    def _limit(self, given: dict[str, Any]) -> None:
        dialect = Dialect(given["dialect"]) if "dialect" in given else None
        self._close.limit.set(int(given["count"]), float(given["seconds"]), dialect)

    def _dialect(self, given: dict[str, Any]) -> None:
        self._close.dialect = CloseDialect(given["close"])

    def _latency(self, given: dict[str, Any]) -> None:
        if self.front is not None:
            self.front.latency = float(given["seconds"])

    def _step(self, _given: dict[str, Any]) -> list[str]:
        return [type(event).__name__ for event in self._close.pipeline.step(self._now())]

    def _open_or_shut(self, given: dict[str, Any]) -> None:
        if given.get("shut"):
            self._gate.shut()
        else:
            self._gate.open()

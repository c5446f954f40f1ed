"""Gives every request an id, and logs what goes wrong inside where nothing else did."""

import secrets

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.web.api.problem import FAULT, problem
from worker.web.failures import HEADER, log_failure


class RequestIds:
    """An ASGI application around all others. Every answer has the id of its request in its header. An internal error is
    logged with its traceback, and answered if nothing was answered yet.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        answer = _Answer(send, secrets.token_hex(8))
        scope.setdefault("state", {})["request_id"] = answer.name
        try:
            await self._inner(scope, receive, answer.send)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  # nobody else would log it
            log_failure(Request(scope), error)
            if not answer.begun:
                await problem(500, "fault", FAULT, request=answer.name)(scope, receive, answer.send)


class _Answer:
    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self.name = name
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = (*message.get("headers", ()), (HEADER.lower().encode(), self.name.encode()))
            message = {**message, "headers": headers}
        await self._send(message)

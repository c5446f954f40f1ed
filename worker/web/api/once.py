"""Idempotency-Key: the first answer to a POST is also the answer to its repetitions within a day. A refusal is not
stored: nothing was done, and the key may be used again, also with another request. If the process is killed in between,
the request is handled once more; each act is safe to repeat.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from worker.flow.uses import UsesFirstAnswers
from worker.ports.first_answers import FirstAnswer, FirstAnswers, Repetition
from worker.web.api.guard import Guard
from worker.web.api.problem import HttpRefusal

NAME = "Idempotency-Key"
LONGEST = 200

Handler = Callable[[Request], Awaitable[Response]]
Key = Annotated[
    str | None,
    Header(
        alias=NAME,
        min_length=1,
        max_length=LONGEST,
        description="The same key with the same request gives the same answer for a day.",
    ),
]


def _described(key: Key = None) -> None:
    """Puts the header into the API's description, and has its length checked."""


def once_route(uses: UsesFirstAnswers, guard: Guard) -> type[APIRoute]:
    """A kind of route whose POSTs know the header."""

    class OnceRoute(APIRoute):
        def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
            known = list(more.pop("dependencies", None) or ())
            if "POST" in (more.get("methods") or ()) and all(one.dependency is not _described for one in known):
                known.append(Depends(_described))
            super().__init__(path, endpoint, dependencies=known, **more)

        def get_route_handler(self) -> Callable[[Request], Any]:
            inner = super().get_route_handler()

            async def handled(request: Request) -> Response:
                key = request.headers.get(NAME, "")
                if request.method != "POST" or not 0 < len(key) <= LONGEST:
                    return await inner(request)
                return await _once(uses.first_answers, await guard.own_key(request, key), request, inner)

            return handled

    return OnceRoute


async def _once(answers: FirstAnswers, key: str, request: Request, handle: Handler) -> Response:
    asked = b"\n".join((request.url.path.encode(), request.url.query.encode(), await request.body()))
    known = await answers.begin(key, hashlib.sha256(asked).hexdigest())
    if known is not Repetition.NEW:
        return _again(known)
    try:
        response = await handle(request)
    except BaseException:
        await answers.release(key)
        raise
    secret = response.headers.get("cache-control") == "no-store"
    body = None if secret else bytes(response.body).decode()
    await answers.keep(key, FirstAnswer(response.status_code, body))
    return response


def _again(known: FirstAnswer | Repetition) -> Response:
    """Raises HttpRefusal if there is no answer to show."""
    if known is Repetition.OTHER_REQUEST:
        raise HttpRefusal(422, "idempotency_key_reused", f"this {NAME} came with another request before")
    if known is Repetition.GOING:
        again = {"Retry-After": "1"}
        raise HttpRefusal(409, "conflict", f"the request with this {NAME} is being dealt with; come again", again)
    if not isinstance(known, FirstAnswer) or known.body is None:
        raise HttpRefusal(409, "conflict", f"the request with this {NAME} was answered, with what is shown once only")
    headers = {"Idempotency-Replayed": "true"}
    return Response(known.body, known.status, headers=headers, media_type=JSONResponse.media_type)

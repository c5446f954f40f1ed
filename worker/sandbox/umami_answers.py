"""How Umami's stand-in answers: bodies, refusals, pages of a list, and how it reads a request."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from worker.sandbox import umami_checks as checks


class UmamiRefusal(Exception):
    """An answer that is not 200."""

    def __init__(self, response: Response) -> None:
        self.response = response


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type="application/json")


def unauthorized(code: str = "unauthorized") -> UmamiRefusal:
    return UmamiRefusal(answer({"error": {"message": "Unauthorized", "code": code, "status": 401}}, 401))


def nothing(status: int) -> UmamiRefusal:
    """An empty body without a content type. The service answers so to requests that it did not expect."""
    return UmamiRefusal(Response(b"", status))


def milliseconds(text: str | None) -> datetime | None:
    return checks.moment(int(text)) if text is not None and text.isdecimal() else None


def paged(request: Request, rows: list[Any]) -> Response:
    """`page` counts from 1, `pageSize` is the number of rows. After the last page there are no rows and no error."""
    faults, asked = checks.RequestErrors(), {}
    for name, default in (("page", 1), ("pageSize", 20)):
        text = request.query_params.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            faults.add((name,), "Too small: expected number to be >0")
        else:
            asked[name] = int(text)
    if faults.any:
        return answer(faults.body(), 400)
    first = (asked["page"] - 1) * asked["pageSize"]
    return answer({"data": rows[first : first + asked["pageSize"]], "count": len(rows), **asked})


async def read_json(request: Request) -> Any:
    """A body that is not a JSON object counts as empty."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def chosen(request: Request, name: str, choices: Sequence[str]) -> str:
    """A parameter that has to be one of `choices`. Raises UmamiRefusal."""
    value = request.query_params.get(name)
    if value is None or value not in choices:
        faults = checks.RequestErrors()
        faults.add((name,), checks.one_of(*choices)(value) or "")
        raise UmamiRefusal(answer(faults.body(), 400))
    return value

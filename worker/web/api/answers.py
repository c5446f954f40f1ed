"""Answers to reads, with an ETag, so that a program that polls gets 304 while nothing changes."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response


def answer(request: Request, document: Any, tag: str = "", *, headers: Mapping[str, str] | None = None) -> Response:
    """The document, or 304 for a client that has it. `tag`: what changes with it; made of the document without one."""
    body = written(document)
    return answer_bytes(request, body, JSONResponse.media_type, tag=tag, headers=headers)


def answer_bytes(
    request: Request, body: bytes, media_type: str, *, tag: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """As `answer`, of any type."""
    tag = f'"{tag or tag_of(body)}"'
    kept = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=kept)
    every = {**kept, "X-Content-Type-Options": "nosniff", **(headers or {})}
    return Response(body, headers=every, media_type=media_type)


def written(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def tag_of(body: bytes) -> str:
    """The ETag of an answer, without its quotes."""
    return hashlib.sha256(body).hexdigest()[:32]


def page_of(documents: list[dict[str, Any]], limit: int, name: str) -> dict[str, Any]:
    """`documents`: one more than are shown, if there are more."""
    items = documents[:limit]
    return {"items": items, "next": items[-1][name] if len(documents) > limit else None}

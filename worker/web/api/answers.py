"""Answers to reads: one document, with an ETag, so that a program that polls gets 304 while nothing changes."""

import hashlib
import json
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

PAGE = 50
LARGEST_PAGE = 200


def answer(request: Request, document: Any) -> Response:
    """The document, or 304 for a client that has it."""
    body = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=JSONResponse.media_type)

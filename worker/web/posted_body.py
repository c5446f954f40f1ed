"""The body of a request from a service, read only up to a limit."""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from worker.errors import PostRefused


async def posted_body(request: Request, longest: int) -> bytes | None:
    """None past `longest` bytes. Raises PostRefused for one that broke off."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told[:12]) > longest:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > longest:
                return None
    except HTTPException:  # the site's own limit was reached first
        return None
    except ClientDisconnect:
        raise PostRefused("the body broke off") from None
    return bytes(body)

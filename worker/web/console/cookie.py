"""The cookie that names a session, and whether a request was sent from a page of ours."""

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from worker.web.console.sessions import LASTS

NAME = "__Host-funnelbeat"
"""A browser takes a cookie of this name only with Secure, without a domain and for all paths, so that no other host can
put one in its place.
"""

LOOPBACK_NAME = "funnelbeat"
"""Browsers refuse the other name where there is no TLS."""


def session_name(request: Request) -> str:
    return request.cookies.get(_name(request), "")


def put(request: Request, response: Response, name: str) -> None:
    response.set_cookie(
        _name(request),
        name,
        max_age=int(LASTS),
        path="/",
        secure=not on_loopback(request),
        httponly=True,
        samesite="strict",
    )


def take_away(request: Request, response: Response) -> None:
    response.delete_cookie(_name(request), path="/", secure=not on_loopback(request), httponly=True, samesite="strict")


def on_loopback(request: Request) -> bool:
    """Whether browser and `web` are on one machine, without TLS and without a proxy between them."""
    client = request.client.host if request.client is not None else ""
    proxied = any(name.startswith("x-forwarded-") or name == "forwarded" for name in request.headers)
    plain = request.url.scheme == "http" and not proxied
    return plain and _loopback(client) and _loopback(request.url.hostname or "")


def from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site sent this. Present browsers always say it; older ones send at least the
    origin. A program that is not a browser sends neither.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


def _name(request: Request) -> str:
    return LOOPBACK_NAME if on_loopback(request) else NAME


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

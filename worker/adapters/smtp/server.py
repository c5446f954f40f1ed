"""A mail server, as the URL of a definition names it."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from worker.adapters.url import is_loopback, split
from worker.sanitize import clean

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`tls`: "starttls" (required), "implicit", or "never" (loopback only)."""

    host: str
    port: int
    user: str
    tls: str


def parse_url(url: str) -> SmtpServer:
    """`smtp://user@host:587` or `smtps://…`, with `?tls=never` for loopback.

    Raises ValueError: what was found and what to write. The text never holds a password.
    """
    parts = split(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("expected smtp://user@host:587 or smtps://user@host:465")
    if parts.password is not None:
        raise ValueError("found a password in the URL, expected it under password:")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(query) - {"tls"} or query.get("tls", "never") != "never" or parts.path not in {"", "/"}:
        raise ValueError("expected nothing behind the port but ?tls=never")
    if query and parts.scheme == "smtps":
        raise ValueError("found smtps:// with ?tls=never, expected one of them")
    if query and not is_loopback(parts.hostname):
        raise ValueError(
            f"found ?tls=never for {clean(parts.hostname, 60)}, expected it for this machine (127.0.0.1) only"
        )
    tls = "implicit" if parts.scheme == "smtps" else "never" if query else "starttls"
    return SmtpServer(parts.hostname, parts.port or _PORTS[parts.scheme], unquote(parts.username or ""), tls)

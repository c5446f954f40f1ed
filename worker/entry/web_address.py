"""Where `up` lets `web` listen: on loopback, at the port of a `base_url` that is loopback itself."""

from urllib.parse import urlsplit

from worker.adapters.url import is_loopback
from worker.domain.schedule import Bundle
from worker.settings import Settings, link_keys

HOST, PORT = "127.0.0.1", 8080

NO_KEY = "FUNNELBEAT_LINK_KEY is not set, so that messages have no links, although `web` says where they lead."


def web_member(bundle: Bundle, settings: Settings) -> tuple[str, ...]:
    """The command that serves the API and the pages; empty if messages have no links."""
    if not bundle.web or not link_keys(settings):
        return ()
    host, port = address_of(bundle.web)
    return ("web", "--host", host, "--port", str(port))


def web_words(bundle: Bundle, settings: Settings) -> str:
    """What `up` says of the pages; empty for a project that has none."""
    if not bundle.web:
        return ""
    if not link_keys(settings):
        return NO_KEY
    host, port = address_of(bundle.web)
    return f"The API and readers' pages listen on {host}:{port}; links lead to {bundle.web}"


def address_of(base_url: str) -> tuple[str, int]:
    """Any other host than loopback is that of a proxy before it."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or parts.hostname is None or not is_loopback(parts.hostname):
        return HOST, PORT
    return parts.hostname, parts.port or 80

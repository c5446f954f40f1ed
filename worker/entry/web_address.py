"""Where `up` lets `web` listen: on loopback, at the port of a `base_url` that is loopback itself."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from worker.adapters.url import is_loopback
from worker.domain.schedule import Bundle
from worker.ports.bounces import WEBHOOK_SECRETS
from worker.ports.chat import ANSWERS
from worker.settings import Settings, link_keys

HOST, PORT = "127.0.0.1", 8080

NO_KEY = "FUNNELBEAT_LINK_KEY is not set, so that messages have no links, although `web` says where they lead."


def web_member(bundle: Bundle, settings: Settings) -> tuple[str, ...]:
    """The command that serves the API, the pages and the requests of services; empty if messages have no links and no
    service posts.
    """
    if not _has_links(bundle, settings) and not _posts(bundle):
        return ()
    host, port = address_of(bundle.web)
    return ("web", "--host", host, "--port", str(port))


def web_lines(bundle: Bundle, settings: Settings, command: str) -> Iterator[str]:
    """What `up` says of the pages. `command`: ours, with the project, for a console that `up` does not serve."""
    if pages := web_words(bundle, settings):
        yield pages
    if not web_member(bundle, settings):
        yield f"To open the console, in another terminal: {command} web"


def web_words(bundle: Bundle, settings: Settings) -> str:
    """Which pages `up` serves, and why it serves no links; empty for a project that has none."""
    host, port = address_of(bundle.web)
    posts = f"Posts of {' and '.join(_posts(bundle))} are taken on {host}:{port}" if _posts(bundle) else ""
    if not bundle.web:
        return posts
    if not link_keys(settings):
        return f"{posts}. {NO_KEY}" if posts else NO_KEY
    return f"The API, the console and readers' pages listen on {host}:{port}; links lead to {bundle.web}"


def _has_links(bundle: Bundle, settings: Settings) -> bool:
    return bool(bundle.web and link_keys(settings))


def _posts(bundle: Bundle) -> list[str]:
    """Whether requests come in that are signed with a secret of their channel, and need no link key."""
    written = [name for channel in bundle.channels.values() for name in channel.options]
    kinds = (("bounces", WEBHOOK_SECRETS), ("chats", ANSWERS))
    return [word for word, prefix in kinds if any(name.startswith(prefix) for name in written)]


def address_of(base_url: str) -> tuple[str, int]:
    """A host other than loopback is that of a proxy in front of it."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or parts.hostname is None or not is_loopback(parts.hostname):
        return HOST, PORT
    return parts.hostname, parts.port or 80

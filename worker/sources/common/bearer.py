"""Chooses the credential for services that accept a key of their own or an OAuth token."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.adapters.http import api_address
from worker.adapters.oauth_tokens import App
from worker.errors import RequestError
from worker.ports.tokens import Renewal
from worker.sources.common.credentials import Credential, Reread, StaticHeaders
from worker.sources.common.oauth import Renewed


@dataclass(frozen=True, slots=True)
class Service:
    """`key`: the option with the service's own key."""

    name: str
    key: str
    token_url: str
    basic: bool = False


def bearer(
    service: Service, options: Mapping[str, str], clock: Callable[[], datetime], renewal: Renewal | None
) -> Credential | None:
    """None if the service's own key is used. Raises RequestError, which never contains a secret."""
    names = (service.key, "access_token", "refresh_token")
    for name in (*names, "client_secret"):
        secret = options.get(name, "")
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise RequestError(
                f"{name}: holds characters that no {'key' if name == 'api_key' else 'token'} of "
                f"{service.name.capitalize()} has (a space, a line break?)"
            )
    if sum(1 for name in names if options.get(name)) != 1:
        raise RequestError(f"{service.name}: write one of {', '.join(names)}, and not empty")
    if options.get("refresh_token"):
        return _renewed(service, options, clock, renewal)
    token = options.get("access_token", "")
    if not token:
        return None
    if renewal is None:
        return StaticHeaders({"authorization": f"Bearer {token}"}, (token,))
    return Reread(token, lambda: renewal.reread().get("access_token", ""))


def _renewed(
    service: Service, options: Mapping[str, str], clock: Callable[[], datetime], renewal: Renewal | None
) -> Renewed:
    if not (options.get("client_id") and options.get("client_secret")):
        raise RequestError(f"{service.name}: refresh_token without client_id and client_secret: write all three")
    api_address("oauth_url", service.token_url)
    if renewal is None or renewal.tokens is None:
        raise RequestError(
            f"{service.name}: refresh_token needs FUNNELBEAT_TOKEN_KEY, which encrypts renewed tokens in Redis; "
            "`openssl rand -base64 32` makes one"
        )
    app = App(service.token_url, options["client_id"], options["client_secret"], service.basic)
    return Renewed(app, options["refresh_token"], renewal.tokens, clock)

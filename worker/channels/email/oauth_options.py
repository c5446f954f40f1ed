"""The options of an email channel for a login by OAuth 2: `oauth`. The mailbox of bounces may use them too.

https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
https://developers.google.com/gmail/imap/xoauth2-protocol
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from worker.adapters.oauth_tokens import App, Grant, OAuthTokens
from worker.adapters.process_tokens import KeylessTokens, ProcessTokens
from worker.adapters.smtp.server import parse_url
from worker.adapters.url import base_url, is_loopback, split
from worker.ports.kinds import Option, RuleViolation
from worker.ports.tokens import OAUTH, Renewal

TOKEN_URL, CLIENT_ID, CLIENT_SECRET = f"{OAUTH}token_url", f"{OAUTH}client_id", f"{OAUTH}client_secret"
SCOPE, REFRESH_TOKEN = f"{OAUTH}scope", f"{OAUTH}refresh_token"

OAUTH_OPTIONS = (
    Option(
        "oauth",
        note="logs in with an access token (XOAUTH2, OAUTHBEARER) instead of a password",
        group=(
            Option("token_url", required=True, note="the token endpoint, https://…"),
            Option("client_id", required=True, note="of the registered app"),
            Option(
                "client_secret", secret=True, note="of the app; without refresh_token, tokens are for the app itself"
            ),
            Option(
                "refresh_token",
                secret=True,
                note="of the user; renewed ones are stored, encrypted with FUNNELBEAT_TOKEN_KEY",
            ),
            Option("scope", note="such as https://outlook.office365.com/.default, if the provider needs one"),
        ),
    ),
)


def oauth_written(options: Mapping[str, str]) -> bool:
    return any(name.startswith(OAUTH) for name in options)


def oauth_faults(options: Mapping[str, str]) -> Iterator[RuleViolation]:
    """The problems in these options. Secrets may still be references."""
    if not oauth_written(options):
        return
    if not {CLIENT_SECRET, REFRESH_TOKEN} & set(options):
        expected = "write `client_secret` (the app's own credentials), or `refresh_token` with it (a user's)"
        yield RuleViolation(("oauth",), "`oauth` with nothing that a token is given for", expected)
    if "password" in options:
        yield RuleViolation(("password",), "`password` beside `oauth`", "keep one of them")
    yield from _user_faults(options.get("url", ""))
    if TOKEN_URL in options:
        try:
            _check_token_url(options[TOKEN_URL])
        except ValueError as error:
            yield RuleViolation(("oauth", "token_url"), "a URL that cannot be used", str(error))


def _user_faults(url: str) -> Iterator[RuleViolation]:
    """An access token belongs to an app, so that the server needs the user name of the mailbox."""
    try:
        user = parse_url(url).user
    except ValueError:
        return  # the error of the URL itself says so
    if not user:
        expected = "write the mailbox's user too: smtp://reports%40acme.example@host:587"
        yield RuleViolation(("url",), "`oauth` and a URL without a user", expected)
    elif not user.isprintable():
        yield RuleViolation(("url",), "a user with a control character", "write the name as the provider has it")


def _check_token_url(text: str) -> None:
    """Raises ValueError: what was found and what is expected."""
    base_url(text, without_tls=True)
    parts = split(text)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("found http:// to another machine, expected https://: the secret would travel unencrypted")


def open_tokens(
    options: Mapping[str, str], renewal: Renewal | None, clock: Callable[[], datetime]
) -> OAuthTokens | None:
    """None without `oauth`. `options`: secrets are resolved.

    Tokens for an app's own credentials can be requested again at any time, so that each process may keep its own. A
    refresh token may be replaced with every use, and the new one must be stored beyond the process.
    """
    if not oauth_written(options):
        return None
    refresh = options.get(REFRESH_TOKEN, "")
    store = renewal.tokens if renewal is not None else None
    app = App(options[TOKEN_URL], options[CLIENT_ID], options.get(CLIENT_SECRET, ""))
    return OAuthTokens(
        app, Grant(refresh, options.get(SCOPE, "")), store or (KeylessTokens() if refresh else ProcessTokens()), clock
    )

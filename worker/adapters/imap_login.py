"""Logs in to an IMAP server over the standard library's client: by a password or an access token (RFC 7628)."""

import imaplib

from worker.adapters.sasl_oauth import lacking, oauth_login, reason_of


class LoginRefused(imaplib.IMAP4.error):
    """The server does not accept the token."""


def log_in(client: imaplib.IMAP4, user: str, password: str) -> None:
    """SASL PLAIN takes any character (RFC 4616); LOGIN takes ASCII only. Raises ValueError."""
    if "AUTH=PLAIN" in client.capabilities:
        client.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
    elif not f"{user}{password}".isprintable():
        raise ValueError("the user's name or the password holds a control character")
    else:
        client.login(quoted(user), password)


def show_token(client: imaplib.IMAP4, user: str, token: str, host: str, port: int) -> None:
    """Raises LoginRefused, with what the server's challenge says."""
    offered = {name.removeprefix("AUTH=") for name in client.capabilities if name.startswith("AUTH=")}
    login = oauth_login(offered, user, token, host, port)
    if login is None:
        raise ValueError(lacking(offered))
    said = list[bytes]()

    def answer(challenge: bytes) -> bytes | None:
        said.append(challenge)
        return {1: login.response, 2: login.dismissal}.get(len(said))  # None ends a login that goes on for ever

    try:
        client.authenticate(login.mechanism, answer)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise LoginRefused(f"{error}{reason_of(said[1]) if len(said) > 1 else ''}") from None


def quoted(text: str) -> str:
    """RFC 3501, 9: a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

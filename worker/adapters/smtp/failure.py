"""Translates every failure of sending a mail to one type."""

import re
import ssl
from collections.abc import Sequence

from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException

from worker.adapters.unknown_host import is_unknown_host, unknown_host
from worker.redact import redact

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463


class MailFailure(Exception):
    """`phase`: connect, tls, auth, mail, rcpt or data. `code` is 0 and `enhanced` "" if the server did not answer.

    `unclear`: the connection broke while the message was on its way, so it may have been accepted. `silent`: the server
    was waited for and did not answer. `refused`: copies that the server refused before that, each with why. `copy`: the
    one that the server was asked for when this happened, empty if it was asked for something else.
    """

    def __init__(
        self, phase: str, text: str, *, code: int = 0, enhanced: str = "", unclear: bool = False, silent: bool = False
    ) -> None:
        self.phase = phase
        self.text = text
        self.code = code
        self.enhanced = enhanced
        self.unclear = unclear
        self.silent = silent
        self.refused: RefusedCopies = ()
        self.copy = ""
        super().__init__(f"{phase}: {code or ''} {text}".replace("  ", " "))

    @property
    def hung_up(self) -> bool:
        """Whether the server ended the connection, with or without a reply, and certainly did not accept the
        message.
        """
        return self.code in {0, 421} and not self.unclear and not self.silent


RefusedCopies = tuple[tuple[str, MailFailure], ...]
"""Addresses of copies that a server did not take, each with why."""


def failure_of(
    phase: str,
    error: Exception,
    secrets: tuple[str, ...],
    refused: Sequence[tuple[str, MailFailure]] = (),
    *,
    begun: bool = True,
    copy: str = "",
    host: str = "",
) -> MailFailure:
    """A reply with a refusal is clear in every phase. Silence is unclear once the message was on its way. The original
    error is not chained, because it holds the server's unredacted words. `begun`: whether bytes of the message may have
    left, in the phase "data". `copy`: as in MailFailure. `host`: the one that was connected to, if it was just now.
    """
    if host and is_unknown_host(error):
        failure = MailFailure(phase, unknown_host(host))
    else:
        failure = _failure_of(phase, error, secrets, begun=begun)
    failure.refused, failure.copy = tuple(refused), copy
    return failure


def _failure_of(phase: str, error: Exception, secrets: tuple[str, ...], *, begun: bool) -> MailFailure:
    if isinstance(error, SMTPRecipientsRefused) and error.recipients:
        return _failure_of(phase, error.recipients[0], secrets, begun=begun)
    if isinstance(error, SMTPResponseException) and error.code > 0:
        found = _ENHANCED.match(error.message)
        agreed = found.group(1) if found and found.group(1)[0] == str(error.code)[0] else ""
        return MailFailure(phase, redact(error.message, secrets, 180), code=error.code, enhanced=agreed)
    if _unverified(error):
        return MailFailure("tls", "the server's certificate could not be verified", code=554)
    if phase in {"tls", "auth"} and not isinstance(error, OSError):
        return MailFailure(phase, redact(str(error), secrets, 180), code=504)  # the server does not offer it
    return MailFailure(
        phase, _silence(error), unclear=begun and phase == "data", silent=isinstance(error, TimeoutError)
    )


def _unverified(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _silence(error: Exception) -> str:
    return (
        "no reply came in time" if isinstance(error, TimeoutError) else "the connection could not be made or was lost"
    )

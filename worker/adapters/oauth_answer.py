"""The answer of a token endpoint: a token, or why there is none (RFC 6749, sections 5.1 and 5.2).

None of the service's words is quoted, because they may repeat what was sent. Its error codes are a closed list.
Microsoft adds numbers, which its own page explains.
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from worker.adapters.http import HttpAnswer
from worker.adapters.json_body import JsonUnreadable, decoded

LASTS = 3600.0
"""Seconds that a token is valid if the service does not say."""


LONGEST = 16_384
"""Characters of an access token. It has to fit into one header, for which HTTP servers commonly have 8 to 16 KiB, and
in base64 into one answer of a login, for which mail servers have 12,288 octets (RFC 4954, 4). A longer one would be
kept and sent with each request, only to be refused.
"""


LONGEST_REFRESH = 65_536
"""Characters of a refresh token. It travels in a form, which is not as narrow as a header. The longest that are in use
have a few thousand.
"""


class TokenFault(StrEnum):
    """UNAVAILABLE: another try may succeed. REFUSED: the definition has to change. UNREADABLE: no answer of OAuth."""

    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class TokenFailure(Exception):
    """There is no token. `problem` holds no secret. `code`: the error that the service named, if OAuth knows it.
    `silent`: the service was waited for and did not answer.
    """

    def __init__(
        self, problem: str, fault: TokenFault = TokenFault.UNAVAILABLE, *, code: str = "", silent: bool = False
    ) -> None:
        self.problem = problem
        self.fault = fault
        self.code = code
        self.silent = silent
        super().__init__(problem)

    def again(self, problem: str = "") -> "TokenFailure":
        """The same failure for somebody else. `problem`: other words for it."""
        return TokenFailure(problem or self.problem, self.fault, code=self.code, silent=self.silent)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """`refresh`: empty if there is no new one that can be one: then the one before stays. `lasts`: seconds."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lasts: float


def read_answer(answer: HttpAnswer, *, renewed: bool) -> TokenAnswer:
    """`renewed`: by a refresh token. Raises TokenFailure."""
    try:
        body: Any = decoded(answer.body)
    except JsonUnreadable:
        body = None
    fields = body if isinstance(body, dict) else {}
    if answer.status in {400, 401, 403} and fields.get("error") != "temporarily_unavailable":
        code = fields.get("error")
        known = code if isinstance(code, str) and code in _CODES else ""
        raise TokenFailure(_refusal(known, fields, renewed=renewed), TokenFault.REFUSED, code=known)
    if answer.status != 200:
        raise TokenFailure(f"the access token could not be renewed ({answer.status})")
    access, refresh = fields.get("access_token"), fields.get("refresh_token")
    if not isinstance(access, str) or not is_token(access):
        raise TokenFailure(f"expected text of at most {LONGEST:,} visible characters", TokenFault.UNREADABLE)
    kept = refresh if isinstance(refresh, str) and is_refresh_token(refresh) else ""
    return TokenAnswer(access, kept, _lasts(fields.get("expires_in")))


def is_token(text: str) -> bool:
    """RFC 6750, 2.1: an access token has visible characters. Any other could end a header or a field of a login."""
    return 0 < len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text


def is_refresh_token(text: str) -> bool:
    """RFC 6749, A.17: it has printable characters of ASCII, blanks included."""
    return 0 < len(text) <= LONGEST_REFRESH and text.isascii() and text.isprintable()


def _lasts(seconds: object) -> float:
    """Some services write the number as text."""
    try:
        given = float(seconds) if isinstance(seconds, int | float | str) and not isinstance(seconds, bool) else 0.0
    except (ValueError, OverflowError):
        return LASTS
    return given if math.isfinite(given) and given > 0 else LASTS


def _refusal(known: str, fields: dict[str, Any], *, renewed: bool) -> str:
    numbers = fields.get("error_codes")
    listed = numbers if isinstance(numbers, list) else []
    named = [f"AADSTS{one}" for one in listed if type(one) is int and 0 < one < _NUMBERS_END][:2]
    reasons = ", ".join(part for part in (known, *named) if part)
    sentence = _SENTENCES.get(known) or (_NOT_RENEWED if renewed else _NOT_GRANTED)
    what, _, expected = sentence.partition(": ")
    return f"{what} ({reasons}): {expected}" if reasons else sentence


_NUMBERS_END = 10**9
_CODES = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    | {"invalid_scope"}
)
OF_THE_CLIENT = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})
"""Codes that say nothing about a refresh token."""
_SENTENCES = {
    "invalid_client": "client_id or client_secret was not accepted: check both, and whether the secret has expired",
    "unauthorized_client": "the client may not ask for such a token: check client_id, and what it is allowed to do",
    "invalid_scope": "scope was not accepted: check it, and what the client is allowed to do",
}
_NOT_RENEWED = (
    "the refresh token or the client was not accepted: authorize Funnelbeat at the service again, and write the new "
    "refresh_token"
)
_NOT_GRANTED = "the client was not accepted: check token_url, client_id, client_secret and scope"

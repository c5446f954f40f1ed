"""Tokens, the audit list, and what is forgotten on request."""

from datetime import datetime

from pydantic import Field

from worker.domain.access import TokenScope
from worker.web.api.shapes.base import ApiShape, Instant


class AuditShape(ApiShape):
    id: str
    at: datetime
    door: str
    who: str
    act: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]


class TokenRequest(ApiShape):
    """`address`: its owner's, for the scope subscribe."""

    name: str = Field(min_length=1, max_length=200)
    scopes: list[TokenScope] = Field(min_length=1)
    expires: Instant | None = None
    address: str = Field(default="", max_length=400)


class TokenShape(ApiShape):
    """A token without its secret. `address` is null for a program."""

    id: str
    name: str
    scopes: list[str]
    address: str | None
    at: datetime
    by: str
    expires: datetime | None
    used: datetime | None


class NewTokenShape(TokenShape):
    """`token`: its whole text, which is shown this once."""

    token: str


class ForgetRequest(ApiShape):
    """`what`: a reader's address, or a row's key."""

    what: str = Field(min_length=1, max_length=400)


class ForgottenShape(ApiShape):
    """Counts of what was removed. `still_named_by`: schedules in force that still name the address."""

    baselines: int
    deliveries: int
    suspensions: int
    answers: int
    subscriptions: int
    alerts: int
    still_named_by: list[str]

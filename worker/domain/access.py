"""Who may do what through which door, and what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from worker.domain.address import comparable

FORGOTTEN = "forgotten"
"""Stands for a person who acted and was forgotten on request. What was done stays."""


class TokenScope(StrEnum):
    """What a token allows. `manage` includes the others."""

    READ = "read"  # runs, digests, alerts, definitions
    TRIGGER = "trigger"  # run, preview, a test send to oneself
    SUBSCRIBE = "subscribe"  # subscriptions of one's own address
    MANAGE = "manage"  # deploy, pause, silences, all subscriptions, retry, settle, forget


class Door(StrEnum):
    """How an act came in."""

    CLI = "cli"
    API = "api"
    CONSOLE = "console"
    CHAT = "chat"
    LINK = "link"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `who`: words for the audit list, such as "ops@host" or a token's name. `address`: one's own, for what
    SUBSCRIBE and a test send allow; empty if it is not known.
    """

    door: Door
    who: str
    scopes: frozenset[TokenScope] = frozenset(TokenScope)
    address: str = ""

    def may(self, scope: TokenScope) -> bool:
        return scope in self.scopes or TokenScope.MANAGE in self.scopes


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token without its secret. `sha256`: of the whole token, in hexadecimal. `address`: its owner's, empty for a
    program. `used`: about when it was used last, None if never.
    """

    id: str
    name: str
    scopes: frozenset[TokenScope]
    sha256: str = field(repr=False)
    at: datetime
    by: str
    expires: datetime | None = None
    address: str = ""
    used: datetime | None = None

    def valid(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act of a person or a program. `act`: a word for it ("pause", "subscriptions add"). `subject`: what it was
    done to. `before` and `after`: what changed, by name; a secret is never in them. `id` orders the records, and is
    empty for one that is not stored yet.
    """

    at: datetime
    door: Door
    who: str
    act: str
    subject: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


def acted(who: str, address: str) -> bool:
    """Whether `who` names the person at this address: a link has the address alone, a chat "user_ann (room U012)"."""
    name, wanted = comparable(who), comparable(address)
    return name == wanted or name.endswith(f" {wanted})")

"""What the console keeps in this process in addition to its sessions: drafts, previews, and figures that were already
read.
"""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from worker.memo import Memo
from worker.web.api.drafts import CheckDraft
from worker.web.console.sessions import ConsoleSession

T = TypeVar("T")

DRAFTS = 20
"""Drafts of all sessions that wait for their deployment, each as long as a body may be."""

PREVIEWS = 40

NUMBERS = 400
"""Key numbers of schedules, and costs of connections."""


class OfSessions(Generic[T]):
    """The last `size` values of all sessions. Only the session that put a value there finds it again."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, tuple[str, T]] = OrderedDict()

    def put(self, session: ConsoleSession, value: T) -> str:
        """A name for it that nobody can guess."""
        name = secrets.token_urlsafe(12)
        self._values[name] = session.csrf, value
        if len(self._values) > self._size:
            self._values.popitem(last=False)
        return name

    def find(self, session: ConsoleSession, name: str) -> T | None:
        owner, value = self._values.get(name, ("", None))
        return value if owner == session.csrf else None


@dataclass(frozen=True, slots=True)
class Draft:
    """`files`: path in the project → text. `based_on`: the deployment that was in force when it was planned."""

    files: Mapping[str, str]
    based_on: str


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message in the forms in which a browser can show it, as a preview or a stored message has them."""

    page: str
    suffix: str
    plain: str
    shown: str


@dataclass(frozen=True, slots=True)
class ConsoleState:
    """`project`: the one that this process serves. `check`: for definitions that come in a form."""

    project: str
    check: CheckDraft
    drafts: OfSessions[Draft] = field(default_factory=lambda: OfSessions[Draft](DRAFTS))
    previews: OfSessions[ShownMessage] = field(default_factory=lambda: OfSessions[ShownMessage](PREVIEWS))
    numbers: Memo = field(default_factory=lambda: Memo(NUMBERS))
    firing: Memo = field(default_factory=lambda: Memo(1))

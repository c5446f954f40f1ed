"""Who is signed in. Sessions are kept only in this process: each sign-in creates a new random name for a session, and a
name from elsewhere has no effect.
"""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

LASTS = 12 * 3600.0
"""Seconds after which a person has to sign in again."""

MOST = 1_000
"""Sessions that are kept; the oldest go."""


@dataclass(slots=True)
class ConsoleSession:
    """`token`: as it was written at sign-in, checked again with every request. `csrf`: stands in every form. `said`:
    what the next page says of the last act, once, and whether the act was refused.
    """

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    since: float
    said: tuple[str, bool] | None = None

    def sent_from_here(self, csrf: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))

    def take_said(self) -> tuple[str, bool] | None:
        said, self.said = self.said, None
        return said


class Sessions:
    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._held: dict[str, ConsoleSession] = {}

    def begin(self, token: str) -> str:
        """The name of a new session."""
        name = secrets.token_urlsafe(32)
        self._held[name] = ConsoleSession(token, secrets.token_urlsafe(32), self._monotonic())
        if len(self._held) > MOST:
            self._held.pop(next(iter(self._held)))
        return name

    def find(self, name: str) -> ConsoleSession | None:
        session = self._held.get(name)
        if session is not None and self._monotonic() - session.since >= LASTS:
            self.end(name)
            return None
        return session

    def end(self, name: str) -> None:
        self._held.pop(name, None)

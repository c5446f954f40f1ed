"""OAuth tokens of one connection, which all workers renew together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Tokens:
    """`expires`: seconds since the epoch. `seed`: stands for the refresh token of the definition that these tokens came
    from. `begun`: a renewal with `refresh` was under way when this was written. `number`: how many renewals led to
    these tokens, one after the other.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: float
    seed: str
    begun: bool = False
    number: int = 0

    def number_beside(self, tokens: "Tokens") -> int:
        """Theirs among `tokens`; 0 if those began with another refresh token of the definition."""
        return self.number if self.seed == tokens.seed else 0


class TokenStore(Protocol):
    """Raises LedgerError."""

    async def load(self) -> Tokens | None: ...

    async def begin(self) -> str:
        """Takes the turn to renew, which lapses by itself. Returns what proves it; empty: another process has it."""
        ...

    async def save(self, tokens: Tokens, turn: str) -> bool:
        """Stores them if they are newer than what is stored, or as new and `turn` has not lapsed. A renewal may outlast
        its turn: then it may not undo what another process has stored meanwhile, and its own tokens are stored if that
        one got none. Returns whether they were stored.
        """
        ...

    async def leave(self, turn: str) -> None:
        """Ends the turn, unless it lapsed and another process has one by now."""
        ...


OAUTH = "oauth."
"""The prefix of a channel's options with which it gets access tokens, and on which nothing else depends."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """How a credential gets a new token. `reread`: the options of the connection or channel, with their references
    resolved again. `tokens`: where renewed tokens are stored, None if no key to encrypt them is set.
    """

    reread: Callable[[], Mapping[str, str]]
    tokens: TokenStore | None = None

"""OAuth tokens in the memory of one process, where they need not outlive it."""

from worker.ports.tokens import Tokens


class ProcessTokens:
    """Implements worker.ports.TokenStore, for tokens that can always be got again."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None

    async def load(self) -> Tokens | None:
        return self._tokens

    async def begin(self) -> bool:
        """Nobody else renews them: one AccessTokens uses a store."""
        return True

    async def save(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def leave(self) -> None:
        """There is no turn to end."""

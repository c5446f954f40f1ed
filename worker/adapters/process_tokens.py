"""OAuth tokens in the memory of one process, where they need not outlive it."""

from worker.errors import RequestError
from worker.ports.tokens import Tokens


class ProcessTokens:
    """Implements worker.ports.TokenStore, for tokens that can always be got again."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None
        self._taken = False

    async def load(self) -> Tokens | None:
        return self._tokens

    async def begin(self) -> str:
        """A renewal goes on when whoever asked for it has given up, and the next one waits for it."""
        taken, self._taken = self._taken, True
        return "" if taken else "taken"

    async def save(self, tokens: Tokens, turn: str) -> bool:  # noqa: ARG002  # a turn never lapses here
        self._tokens = tokens
        return True

    async def leave(self, turn: str) -> None:  # noqa: ARG002  # the same
        self._taken = False


class KeylessTokens(ProcessTokens):
    """Stands for a store whose key is not set: it refuses once a token is needed, so that messages can be built."""

    async def load(self) -> Tokens | None:
        """Raises RequestError."""
        raise RequestError(
            "refresh_token needs FUNNELBEAT_TOKEN_KEY, which encrypts renewed tokens in Redis; "
            "`openssl rand -base64 32` makes one"
        )

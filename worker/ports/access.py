"""Tokens of the API and the console, and the audit list of what was done through every door."""

from datetime import datetime
from typing import Protocol

from worker.domain.access import AccessToken, AuditRecord


class AccessTokens(Protocol):
    """Raises LedgerUnavailable."""

    async def add(self, token: AccessToken) -> None: ...

    async def all(self) -> tuple[AccessToken, ...]:
        """By name, then by id; with those that have expired."""
        ...

    async def find(self, token_id: str) -> AccessToken | None: ...

    async def note_use(self, token_id: str, at: datetime) -> None:
        """Records when a token was used. It may be called for every request; the last minute is enough."""
        ...

    async def remove(self, token_id: str) -> bool:
        """False if there is none."""
        ...


class Audit(Protocol):
    """Raises LedgerUnavailable. The oldest records are removed when there are very many."""

    async def add(self, record: AuditRecord) -> None: ...

    async def newest(self, limit: int, before: str = "") -> tuple[AuditRecord, ...]:
        """Newest first. `before`: the id of a record; only those that are older."""
        ...

"""Records every act of a person, through any door, on the audit list."""

from collections.abc import Mapping
from typing import Protocol

from worker.domain.access import Actor, AuditRecord
from worker.flow.uses import UsesAudit, UsesClock


class AuditUses(UsesAudit, UsesClock, Protocol): ...


async def record(
    uses: AuditUses,
    actor: Actor,
    act: str,
    subject: str,
    *,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> None:
    """Called after the act, so that there is never a record of a refused act. A process that is killed in between
    leaves the act without a record; the ledger still shows what it changed.
    """
    now = await uses.clock.now()
    await uses.audit.add(AuditRecord(now, actor.door, actor.who, act, subject, before or {}, after or {}))

"""The audit list."""

from tests.support.fakes import NOW, Audited, FixedClock, uses
from worker.domain.access import Actor, AuditRecord, Door
from worker.flow.operate.audited import record


async def test_an_act_is_recorded_with_who_did_it_and_what_it_changed() -> None:
    given = uses(audit=Audited(), clock=FixedClock())
    await record(given, Actor(Door.API, "ci"), "pause", "weekly", after={"until": "never"})
    assert given.audit.records == [AuditRecord(NOW, Door.API, "ci", "pause", "weekly", {}, {"until": "never"})]

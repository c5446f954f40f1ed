"""What a rule would have told over stored runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.alert_fakes import BIG, LARGE, SMALL, WATCHED, Ledger, in_force, listed
from tests.support.fakes import HOUR, NOW, RUN, Audited, KnownRuns, Stored, Subscribed, Workdays, bundle_with
from worker.domain.access import AuditRecord, Door
from worker.domain.alert.rule import alert_fingerprint
from worker.domain.run import Run, RunKey, RunState
from worker.flow.alert.backtest import BackTested, backtested


class Acts(Audited):
    """Newest first."""

    async def newest(self, limit: int, before: str = "") -> Sequence[AuditRecord]:
        return tuple(reversed(self.records))


def run(hours: int, snapshot: str = "", state: RunState = RunState.DELIVERED) -> Run:
    slot = NOW + hours * HOUR
    kept = (("deals", snapshot),) if snapshot else ()
    return replace(RUN, key=RunKey("weekly", slot), state=state, snapshots=kept, gaps=())


def parts(*runs: Run, audit: Audited | None = None) -> Any:
    stored = Stored({"large": listed(LARGE), "small": listed(SMALL)})
    known = KnownRuns(*reversed(runs))
    return in_force(
        Ledger(),
        lookups=known,
        snapshots=stored,
        subscriptions=Subscribed(),
        holidays=Workdays(),
        audit=audit or Acts(),
    )


async def replayed(uses: Any, rule: Any = BIG, **more: Any) -> BackTested:
    schedule = replace(WATCHED, alerts=(rule,))
    return await backtested(uses, bundle_with(schedule), schedule, rule, NOW, **more)


async def test_what_stored_runs_would_have_told_and_how_often() -> None:
    runs = (run(-1, "large"), run(0, "large"), run(1, "small"), run(2, state=RunState.FAILED), run(3, "large"))
    found = await replayed(parts(*runs))
    assert [(one.slot - NOW, one.reason.value) for one in found.findings] == [
        (0 * HOUR, "first"),
        (HOUR, "resolved"),
        (3 * HOUR, "first"),
    ]
    assert (found.runs, found.found.since, found.found.gaps) == (4, NOW, (NOW + 2 * HOUR,))
    assert sum(found.messages.values()) == 3
    assert set(found.a_week.values()) == {3.0}
    few = await replayed(parts(*runs), most=1)
    assert [one.reason.value for one in few.findings] == ["first"]


async def test_runs_that_evaluated_nothing_count_for_nothing() -> None:
    found = await replayed(parts(run(0, state=RunState.SKIPPED)))
    assert (found.runs, found.found.since, found.a_week) == (0, None, {})


async def test_acknowledgements_are_those_of_the_audit_list() -> None:
    rule = replace(BIG, repeat=3600)
    runs = [run(hour, "large") for hour in range(4)]
    audit, name = Acts(), alert_fingerprint("acme", "weekly", "big", "a")
    at = NOW + timedelta(minutes=90)
    audit.records.append(AuditRecord(at, Door.CLI, "ann", "alerts ack", f"weekly/big {name}"))
    assert [one.reason.value for one in (await replayed(parts(*runs, audit=audit), rule)).findings] == [
        "first",
        "repeat",
    ]
    audit.records.append(AuditRecord(at + HOUR, Door.CLI, "ann", "alerts unack", f"weekly/big {name}"))
    assert len((await replayed(parts(*runs, audit=audit), rule)).findings) == 4

"""Removes a person or a deal from the stored data about alerts, on request."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.alerts_codec import (
    RECORD,
    notification_body,
    notification_of,
    record_body,
    record_of,
    state_of,
    state_text,
)
from worker.adapters.redis_store.codec import text
from worker.adapters.redis_store.scripts import LOST, Scripts
from worker.domain.access import FORGOTTEN, acted
from worker.domain.address import same
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.notification import Notification
from worker.domain.alert.state import RuleState
from worker.domain.run import RunKey
from worker.errors import LedgerError, LedgerUnavailable
from worker.ports import AlertRecord

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AlertsWithout:
    """`what`: an address, without regard to upper and lower case, or a row's key."""

    what: str

    def state(self, state: RuleState) -> RuleState:
        alerts = {
            subject: replace(held, readers=self.readers(held.readers))
            for subject, held in state.alerts.items()
            if self.what not in (subject, held.facts.key)
        }
        return replace(state, alerts=alerts)

    def record(self, record: AlertRecord) -> AlertRecord:
        return AlertRecord(
            tuple(self._evaluation(one) for one in record.evaluations),
            self.readers(record.reasons),
            tuple(replace(one, detail=self._name(one.detail)) for one in record.kept if one.subject != self.what),
        )

    def notification(self, shown: Notification) -> Notification:
        return replace(
            shown,
            findings=tuple(one for one in shown.findings if one.facts.key != self.what),
            open=tuple(
                replace(one, acked_by=self._name(one.acked_by)) for one in shown.open if one.facts.key != self.what
            ),
        )

    def readers(self, by_reader: Mapping[str, T]) -> dict[str, T]:
        return {name: one for name, one in by_reader.items() if not same(name.partition("|")[2], self.what)}

    def _name(self, who: str) -> str:
        """Of a person who acknowledged; of silences and rules it is their id."""
        return FORGOTTEN if acted(who, self.what) else who

    def _evaluation(self, found: Evaluation) -> Evaluation:
        steps = (one for one in found.transitions if self.what not in (one.subject, one.facts.key))
        return replace(found, transitions=tuple(replace(one, readers=self.readers(one.readers)) for one in steps))


async def forget_alerts(scripts: Scripts, what: str) -> int:
    """Returns how many states, records and notifications named it. Begun again after an interruption, it goes on.
    Raises LedgerError at its end if another version of the program wrote some of them: they may still name it.
    """
    gone, count, unread = AlertsWithout(what), 0, list[str]()
    async for name in scripts.names("alerts:*"):
        schedule = name.removeprefix("alerts:")
        for rule in await scripts.ask("HKEYS", keys.alerts(scripts.prefix, schedule)):
            if text(rule):
                count += await _if_read(_forget_state(scripts, schedule, text(rule), gone), unread)
    for run in await scripts.ask("ZRANGE", keys.single(scripts.prefix, "runs"), 0, -1):
        count += await _if_read(_forget_run(scripts, RunKey.parse(text(run)), gone), unread)
    if unread:
        raise LedgerError(
            f"{len(unread)} records of alerts cannot be read and may still name it: {unread[0]}; "
            "update every worker, then forget it again"
        )
    return count


async def _if_read(work: Awaitable[int], unread: list[str]) -> int:
    try:
        return await work
    except LedgerUnavailable:
        raise
    except LedgerError as error:
        unread.append(str(error))
        return 0


async def _forget_state(scripts: Scripts, schedule: str, rule: str, gone: AlertsWithout) -> bool:
    """Again where a run was handed over meanwhile."""
    while (raw := await scripts.ask("HGET", keys.alerts(scripts.prefix, schedule), rule)) is not None:
        state = state_of(raw)
        left = gone.state(state)
        if left == state:
            return False
        given = {"schedule": schedule, "rule": rule, "version": state.version}
        if await scripts.run("forget_state", given, state_text(left)) != LOST:
            return True
    return False


async def _forget_run(scripts: Scripts, run: RunKey, gone: AlertsWithout) -> int:
    """Data that is stored with a run is never written again by anything else."""
    changed: list[str | bytes] = []
    for field, raw in (await scripts.ask("HGETALL", keys.notifications(scripts.prefix, run))).items():
        name = text(field)
        body = _left(raw, record_of, gone.record, record_body) if name == RECORD else None
        if name.startswith("n:"):
            body = _left(raw, notification_of, gone.notification, notification_body)
        changed += [name, body] if body is not None else []
    if changed:
        names = [str(one) for one in changed[::2]]
        await scripts.run(
            "forget_alerts", {"key": str(run), "fields": names}, *(b for b in changed if isinstance(b, bytes))
        )
    return len(changed) // 2


def _left(raw: bytes, read: Callable[[bytes], T], cut: Callable[[T], T], write: Callable[[T], bytes]) -> bytes | None:
    """None if nothing is to be forgotten."""
    found = read(raw)
    left = cut(found)
    return None if left == found else write(left)

"""What people do to alerts: acknowledge, snooze, silence. The audit list records each act."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from worker.domain.access import Actor
from worker.domain.alert.listed import ListedAlert
from worker.domain.alert.matcher_text import written
from worker.domain.alert.silence import Matcher, Silence
from worker.domain.alert.state import Acknowledgement, Phase
from worker.domain.alert.unknown_matchers import unknown_matchers
from worker.domain.run import stamp
from worker.errors import NotFound, RequestError
from worker.flow.alert.current import CurrentUses, current, find_alert
from worker.flow.alert.deployed_rules import bundle_in_force
from worker.flow.operate.audited import AuditUses, record

ACKED, UNACKED = "alerts ack", "alerts unack"
"""Acts on the audit list whose subjects end with a fingerprint. A back-test reads them."""


class ActUses(AuditUses, CurrentUses, Protocol): ...


@dataclass(frozen=True, slots=True)
class Muted:
    """Alerts that matchers match now. `warnings`: of names in the matchers that no deployed rule has."""

    mutes: tuple[ListedAlert, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Silenced:
    """`muted`: what it keeps quiet now."""

    silence: Silence
    muted: Muted


async def acknowledge(uses: ActUses, actor: Actor, fingerprint: str, comment: str = "") -> ListedAlert:
    """Stops repeats until the alert is resolved. Returns the alert as it was at that moment; it may be over by now.
    Raises NotFound for an alert that is over, and RequestError for one that does not fire yet.
    """
    row, now = await find_alert(uses, fingerprint), await uses.clock.now()
    if row.state.phase is not Phase.FIRING:
        raise RequestError(f"{row.fingerprint} does not fire yet, so there is nothing to acknowledge")
    ack = Acknowledgement(row.fingerprint, actor.who, now, comment)
    await uses.alerts.acknowledge(row.schedule, ack)
    await record(uses, actor, ACKED, _named(row), after={"comment": comment})
    return replace(row, ack=ack)


async def unacknowledge(uses: ActUses, actor: Actor, fingerprint: str) -> tuple[ListedAlert, bool]:
    """False if it was not acknowledged."""
    row = await find_alert(uses, fingerprint)
    ended = await uses.alerts.unacknowledge(row.schedule, row.fingerprint)
    await record(uses, actor, UNACKED, _named(row), before={"by": row.ack.by if row.ack is not None else ""})
    return row, ended


async def snooze(uses: ActUses, actor: Actor, fingerprint: str, until: datetime, comment: str = "") -> Silenced:
    """A silence for one alert. Raises RequestError for an end that has passed."""
    row = await find_alert(uses, fingerprint)
    matcher = Matcher("fingerprint", "=", row.fingerprint)
    made = await _silence(uses, actor, (matcher,), until, comment, snooze=True)
    await record(uses, actor, "alerts snooze", _named(row), after={"until": stamp(until), "comment": comment})
    return Silenced(made, Muted((row,)))


async def silence(uses: ActUses, actor: Actor, matchers: Sequence[Matcher], until: datetime, comment: str) -> Silenced:
    """Raises RequestError for an end that has passed, without matchers, and without a comment."""
    muted = await muted_by(uses, matchers)
    if not comment.strip():
        raise RequestError("--comment: say why, so that others know whether it may end")
    made = await _silence(uses, actor, tuple(matchers), until, comment, snooze=False)
    after = {"until": stamp(until), "comment": comment, "id": made.id}
    await record(uses, actor, "alerts silence", " ".join(map(written, matchers)), after=after)
    return Silenced(made, muted)


async def muted_by(uses: CurrentUses, matchers: Sequence[Matcher]) -> Muted:
    """The alerts that a silence with these matchers would mute now. Raises RequestError without matchers, because the
    silence would mute everything.
    """
    if not matchers:
        raise RequestError('write what to silence, such as rule=big-deal-stalled or owner="Ann Lee"')
    rows = await current(uses, matchers=matchers)
    bundle = await bundle_in_force(uses.deployments)
    return Muted(rows, unknown_matchers(matchers, bundle.schedules.values()))


async def expire(uses: ActUses, actor: Actor, silence_id: str) -> Silence:
    """Ends a silence now, by its id or the beginning of it. Raises NotFound if no present silence fits."""
    now = await uses.clock.now()
    known = [one for one in await uses.alerts.silences() if one.id.startswith(silence_id) and now < one.until]
    if len(known) != 1:
        several = f"{len(known)} active silences begin with it" if known else "no active silence begins with it"
        raise NotFound(f"{silence_id!r}: {several}; `funnelbeat alerts silences` lists them")
    await uses.alerts.expire(known[0].id)
    await record(uses, actor, "alerts expire", known[0].id, before={"until": stamp(known[0].until)})
    return known[0]


async def _silence(
    uses: ActUses, actor: Actor, matchers: tuple[Matcher, ...], until: datetime, comment: str, *, snooze: bool
) -> Silence:
    now = await uses.clock.now()
    if until <= now:
        raise RequestError(f"{stamp(until)} has passed; write a later end")
    text = "\0".join([stamp(now), stamp(until), actor.who, comment, *map(written, matchers)])
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    made = Silence(name, matchers, actor.who, comment, now, until, snooze)
    await uses.alerts.silence(made)
    return made


def _named(row: ListedAlert) -> str:
    return f"{row.schedule}/{row.rule.id} {row.fingerprint}"

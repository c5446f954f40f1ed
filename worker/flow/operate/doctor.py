"""Checks whether everything that this project needs is in order. There is one finding for each check."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain.definition_changes import definition_changes
from worker.domain.schedule import Bundle
from worker.domain.subscription import Origin
from worker.errors import FunnelbeatError
from worker.flow.deploy.cost import DayCost
from worker.flow.deploy.recompute_due import is_ahead
from worker.flow.operate.day_budgets import BudgetsUses, next_day_costs
from worker.flow.operate.subscriptions import ListUses, State, listed
from worker.flow.run.copies import copy_readers
from worker.flow.run.readers import readers, subjects
from worker.ports import (
    CheckedSource,
    ClockLedger,
    Connectors,
    DeliveryLedger,
    Deployments,
    HeartbeatStore,
    Mailboxes,
    Quota,
    Triggers,
)
from worker.ports.bounces import MailboxState
from worker.ports.channels import Checked
from worker.ports.kinds import without_tls

QUIET = timedelta(seconds=30)
"""A process without a heartbeat for this time counts as gone."""

OVERDUE = timedelta(seconds=60)
UNENCRYPTED = "`tls: never`: its key or password and every answer travel unencrypted"
MUCH = 0.75
"""The part of a day's tokens from which on a warning is given."""
APART = 2.0
"""Seconds by which a host's clock may differ from Redis's."""


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`what` was checked, and the result in a sentence."""

    what: str
    level: Level
    sentence: str


async def looked_at(what: str, look: Callable[[], Awaitable[str]]) -> CheckResult:
    """The finding of one check. A FunnelbeatError is a failed check."""
    try:
        return CheckResult(what, Level.OK, await look())
    except FunnelbeatError as error:
        return CheckResult(what, Level.FAIL, str(error))


async def connections(connectors: Connectors, bundle: Bundle) -> list[CheckResult]:
    """Sends a cheap request to every connection, with its own credentials."""
    found = []
    for name, connection in sorted(bundle.connections.items()):
        finding = await looked_at(f"connection {name}", _source(connectors, bundle, name))
        found.append(_unencrypted(finding) if without_tls(connection.options) else finding)
    return found


def _unencrypted(finding: CheckResult) -> CheckResult:
    """A warning even if it works, because the person who reads this may not be the one who wrote the definition."""
    level = Level.WARN if finding.level is Level.OK else finding.level
    return replace(finding, level=level, sentence=f"{finding.sentence}; {UNENCRYPTED}")


def _source(connectors: Connectors, bundle: Bundle, name: str) -> Callable[[], Awaitable[str]]:
    async def look() -> str:
        source = connectors.source(bundle, name)
        if isinstance(source, CheckedSource):
            return await source.check()
        return "its options can be used; it is not asked before its first run"

    return look


async def channels(connectors: Connectors, bundle: Bundle) -> list[CheckResult]:
    """Every channel logs in, and the addresses that schedules name are checked if the channel can do that."""
    found = []
    for name in sorted(bundle.channels):
        for route, addresses in _routes(connectors, bundle, name).items():
            what = f"channel {name}" + (f" ({route})" if route else "")
            found.append(await looked_at(what, _channel(connectors, bundle, name, addresses)))
    return found


async def mailboxes(connectors: Connectors, ledger: Mailboxes, bundle: Bundle) -> list[CheckResult]:
    """Logs in to every mailbox of bounces, and counts the results of its mails so far."""
    named = sorted(name for name, channel in bundle.channels.items() if channel.look_every is not None)
    return [await looked_at(f"mailbox of {name}", _mailbox(connectors, ledger, bundle, name)) for name in named]


def _mailbox(connectors: Connectors, ledger: Mailboxes, bundle: Bundle, name: str) -> Callable[[], Awaitable[str]]:
    async def look() -> str:
        mailbox = connectors.bounce_mailbox(bundle, name)
        if mailbox is None:
            return "it has none"
        try:
            there = await mailbox.check()
        finally:
            await mailbox.aclose()
        return f"{there}; {_mails(await ledger.state(name))}"

    return look


def _mails(state: MailboxState) -> str:
    if state.looked_at is None:
        return f"no worker has read it yet{f': {state.trouble}' if state.trouble else ''}"
    told = ", ".join(f"{count} {what}" for what, count in sorted(state.counts.items())) or "no mail so far"
    return f"read at {state.looked_at:%Y-%m-%d %H:%M} UTC ({told})"


def _routes(connectors: Connectors, bundle: Bundle, name: str) -> Mapping[str, list[str]]:
    """Addresses by channel, for a definition that stands for several channels."""
    entries = [entry for schedule in bundle.schedules.values() for entry in schedule.entries if entry.channel == name]
    addresses = sorted({entry.address for entry in entries if entry.address})
    routes = {address: connectors.route(bundle, name, address) for address in addresses}
    alone = [] if connectors.route(bundle, name, None) else [""]
    return {route: [a for a in addresses if routes[a] == route] for route in sorted({*alone, *routes.values()})}


def _channel(connectors: Connectors, bundle: Bundle, name: str, addresses: list[str]) -> Callable[[], Awaitable[str]]:
    async def look() -> str:
        channel = connectors.channel(bundle, name, addresses[0] if addresses else None)
        if isinstance(channel, Checked):
            return await channel.check(addresses)
        return "its options can be used; it cannot be checked without sending something"

    return look


async def budgets(
    uses: BudgetsUses, quotas: Callable[[str], Quota], bundle: Bundle, now: datetime
) -> list[CheckResult]:
    """Compares the tokens that the next day needs on each connection, by the last answers, with the tokens that it
    reported.
    """
    return [
        await looked_at_day(of, quotas(uses.connectors.account(bundle, of.connection)))
        for of in await next_day_costs(uses, bundle, now)
    ]


async def looked_at_day(of: DayCost, quota: Quota) -> CheckResult:
    """Other programs use the same day's tokens, so three quarters of them are worth a warning."""
    what, sentence = f"budget {of.connection}", f"the next 24 hours ask for {of}"
    limit, left = await quota.day()
    if limit is None or left is None:
        return CheckResult(what, Level.OK, sentence)
    level = Level.WARN if of.tokens > MUCH * limit else Level.OK
    return CheckResult(what, level, f"{sentence}; the service allows {limit:.0f} a day, and {left:.0f} are left")


async def clocks_agree(clock: ClockLedger, wall: Callable[[], datetime]) -> CheckResult:
    """Redis's clock decides when something is due. A host with another time dates its answers wrongly."""
    before = wall()
    now = await clock.now()
    apart = (now - (before + (wall() - before) / 2)).total_seconds()
    sentence = f"this host's clock is {abs(apart):.1f} s {'behind' if apart > 0 else 'ahead of'} Redis's"
    if abs(apart) > APART:
        return CheckResult("host clock", Level.WARN, f"{sentence}; synchronise it, or `as of` times will be wrong")
    return CheckResult("host clock", Level.OK, sentence)


async def deployment(
    deployments: Deployments, clock: ClockLedger, bundle: Bundle, *, deployed_before: bool = False
) -> list[CheckResult]:
    """Compares what is in force with the directory, and checks whether slots wait that no clock takes.

    `deployed_before`: there was a deployment, so that a ledger without one has lost it.
    """
    deployed = await deployments.deployed()
    if deployed is None and deployed_before:
        sentence = "nothing is deployed, but it was before: was Redis emptied? Restore a backup, or deploy again"
        return [CheckResult("deployment", Level.FAIL, sentence)]
    if deployed is None:
        return [CheckResult("deployment", Level.WARN, "nothing is deployed yet: `funnelbeat deploy`")]
    in_force = await deployments.bundle(deployed.bundle)
    sentence = f"{deployed.bundle[:12]}, deployed at {deployed.activated_at:%Y-%m-%d %H:%M} UTC"
    same = not definition_changes(in_force, bundle)
    level = Level.OK if same else Level.WARN
    note = "" if same else "; the directory's definitions differ: `funnelbeat plan` shows how"
    return [CheckResult("deployment", level, sentence + note), await _due(clock)]


async def _due(clock: ClockLedger) -> CheckResult:
    now, due = await clock.due(1)
    late = now - due[0].at if due else timedelta(0)
    if late > OVERDUE:
        sentence = f"{due[0].schedule} has been due for {late.total_seconds():.0f} s and no clock took it"
        return CheckResult("due slots", Level.FAIL, sentence)
    return CheckResult("due slots", Level.OK, "nothing waits for a clock")


async def due_ahead(deployments: Deployments, clock: ClockLedger, triggers: Triggers) -> list[CheckResult]:
    """Schedules that wait for a slot far beyond the next one that their trigger names."""
    deployed = await deployments.deployed()
    if deployed is None:
        return []
    timings = await deployments.timings(deployed.bundle)
    now, pending = await clock.now(), await clock.pending(list(timings))
    ahead = [name for name, at in pending.items() if is_ahead(triggers, name, timings[name], at, now)]
    if not ahead:
        return []
    named = f"{', '.join(ahead[:5])}{' and more' if len(ahead) > 5 else ''}"
    sentence = f"{named}: due later than the next slot, because Redis's clock was ahead once"
    return [CheckResult("due instants", Level.FAIL, f"{sentence}. Start a clock again; it corrects this")]


async def suspensions(ledger: DeliveryLedger, bundle: Bundle) -> list[CheckResult]:
    """Addresses and channels of the definitions that are suspended because of a permanent refusal."""
    named = {
        subject
        for schedule in bundle.schedules.values()
        for reader, entry in {**copy_readers(schedule), **readers(schedule)}.items()
        for subject in subjects(entry, reader.address)
    }
    return suspended(await ledger.suspended(sorted(named)))


def suspended(stopped: Mapping[str, str]) -> list[CheckResult]:
    """`stopped`: subjects, each with its receiver's words."""
    after = "Nothing is sent there until you repair it and deploy, or retry the run"
    return [CheckResult(f"suspended {subject}", Level.WARN, f"{why}. {after}") for subject, why in stopped.items()]


async def subscribed(uses: ListUses) -> list[CheckResult]:
    """Subscriptions that were added at run time and bring no messages, although nobody stopped them."""
    rows = [row for row in await listed(uses) if row.origin is not Origin.DEFINITION]
    idle = [row for row in rows if row.state in {State.NOT_ALLOWED, State.NO_CHANNEL}]
    if idle:
        named = ", ".join(f"{row.reader.schedule} {row.reader.id}" for row in idle[:5])
        sentence = f"{len(idle)} bring nothing, because `subscriptions.allow` or a missing channel stops them"
        return [CheckResult("subscriptions", Level.WARN, f"{sentence}: {named}{' and more' if len(idle) > 5 else ''}")]
    return [CheckResult("subscriptions", Level.OK, f"{len(rows)} made at run time")] if rows else []


def links(bundle: Bundle, key_id: str) -> list[CheckResult]:
    """Whether messages carry links to unsubscribe, if the project has pages for them."""
    if not bundle.web:
        return []
    if not key_id:
        sentence = (
            f"no message has them: set FUNNELBEAT_LINK_KEY for workers and `web`, whose pages are at {bundle.web}"
        )
        return [CheckResult("links", Level.WARN, sentence)]
    return [CheckResult("links", Level.OK, f"signed with the key {key_id}, to {bundle.web}")]


async def processes(heartbeats: HeartbeatStore, clock: ClockLedger) -> list[CheckResult]:
    """Clocks and workers with a recent heartbeat."""
    now, seen = await clock.now(), await heartbeats.alive()
    found = []
    for kind, without in (("clock", "nothing will fire"), ("worker", "nothing will be fetched or sent")):
        there = [one for one in seen if one.kind == kind and now - one.seen < QUIET]
        hosts = ", ".join(sorted({one.host for one in there}))
        sentence = f"{len(there)} running on {hosts}" if there else f"none is running: {without}"
        found.append(CheckResult(f"{kind}s", Level.OK if there else Level.WARN, sentence))
    return found

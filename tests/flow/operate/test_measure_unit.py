"""What /metrics is made from: the ledger's reading, and what belongs to the deployed definitions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tests.support.alert_fakes import WATCHED
from tests.support.fakes import NOW, WEEKLY, Deployed, bundle_with, uses
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import Phase
from worker.domain.heartbeat import Alive
from worker.domain.measurements import LedgerReading, Measurements, WebhookCounts
from worker.domain.outgoing import EventWebhook
from worker.domain.schedule import ChannelSpec
from worker.flow.operate.measure import measure
from worker.ports.event_webhooks import WebhookState

READING = LedgerReading(NOW, {("late",): 2})
CLOCK = Alive("clock", "host", 1, NOW)


class Read:
    async def read(self) -> LedgerReading:
        return READING


class OneClock:
    async def alive(self) -> tuple[Alive, ...]:
        return (CLOCK,)


class EachFires:
    async def standing(self, rules: Mapping[str, Collection[str]]) -> Mapping[tuple[Phase, Severity], int]:
        return {(Phase.FIRING, Severity.WARNING): sum(len(names) for names in rules.values())}


class Posted:
    async def counts(self, connections: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        return {name: {"accepted": 1} if name in {"close", "chat/room"} else {} for name in (*connections, "quiet")}


class Told:
    async def states(self, names: Sequence[str]) -> Mapping[str, WebhookState]:
        return {name: WebhookState(1, 2, 3, 4) for name in names}


async def test_rules_and_connections_are_those_that_are_deployed() -> None:
    bundle = bundle_with(WEEKLY, replace(WATCHED, id="watch"))
    room = ChannelSpec("room", "any", {"answers.secret": "${SECRET}"})
    channels = {**bundle.channels, "room": room}
    deployed = Deployed(replace(bundle, channels=channels, webhooks={"ops": EventWebhook("ops", {}, ("*",))}))
    told = uses(
        deployments=deployed,
        measured=Read(),
        heartbeats=OneClock(),
        alerts=EachFires(),
        source_events=Posted(),
        event_webhooks=Told(),
    )
    assert await measure(told) == Measurements(
        READING,
        (CLOCK,),
        {(Phase.FIRING, Severity.WARNING): 1},
        {"close": {"accepted": 1}, "chat/room": {"accepted": 1}},
        {"ops": WebhookCounts(1, 2, 3, 4)},
    )


async def test_without_a_deployment_the_ledger_is_told_of_alone() -> None:
    told = uses(
        deployments=Deployed(None),
        measured=Read(),
        heartbeats=OneClock(),
        alerts=EachFires(),
        source_events=Posted(),
        event_webhooks=Told(),
    )
    assert (await measure(told)).alerts == {(Phase.FIRING, Severity.WARNING): 0}
    assert (await measure(told)).posts == {}

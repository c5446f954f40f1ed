"""One delivery in a ledger that records its calls, and the one channel that it uses."""

from pathlib import Path
from typing import Any, cast

from tests.domain.builders import THIS_WEEK
from tests.support.many_readers import FakeLedger, around
from worker.connectors import SILENT, OpenConnectors
from worker.domain.delivery import Delivery, DeliveryKey
from worker.domain.notice import Suspension
from worker.domain.outcome import Outcome
from worker.domain.schedule import Bundle
from worker.flow.services import Services
from worker.ports import Channel, DeliveryLease, HoldResult


class RecordingLedger(FakeLedger):
    """Gives the delivery to whoever holds it. `calls`: name of a call → its arguments; for a settlement, name of the
    outcome → attempt and outcome.
    """

    def __init__(self, given: Delivery, known: Bundle, wait: float) -> None:
        super().__init__(known)
        self.given, self.calls = given, cast("dict[str, tuple[Any, ...]]", {})
        self.answers = {"now": THIS_WEEK, "pace": wait, "enter": 0.0, "intend": given.attempt + 1}

    async def hold(self, _key: DeliveryKey, _pid: int) -> HoldResult:
        return HoldResult(DeliveryLease(self.given, THIS_WEEK, {}, suspensions=False))

    async def settle(
        self, _key: DeliveryKey, attempt: int, outcome: Outcome, suspension: Suspension | None = None
    ) -> tuple[()]:
        self.calls[type(outcome).__name__] = (attempt, outcome)
        if suspension is not None:
            self.calls["suspension"] = (suspension.subject, suspension.sentence)
        return ()

    def __getattr__(self, name: str) -> Any:
        async def noted(*given: Any, **named: Any) -> Any:
            self.calls[name] = (*given, *named.values())
            return self.answers.get(name)

        return noted


class _OneChannel(OpenConnectors):
    """Every definition of a channel opens the same one."""

    one: Channel[Any]

    def channel(self, *_: object) -> Channel[Any]:
        return self.one


def services_with(
    channel: Channel[Any], given: Delivery, known: Bundle, wait: float = 0.0
) -> tuple[Services, RecordingLedger]:
    """`wait`: seconds until the receiver's pace allows the message."""
    ledger, connectors = RecordingLedger(given, known, wait), _OneChannel(SILENT, Path.cwd(), offline=True)
    connectors.one = channel
    return around(ledger, connectors), ledger

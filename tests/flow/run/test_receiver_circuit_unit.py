"""What a circuit hears of each transmission, and what it keeps back."""

from typing import Any

import pytest

from tests.support.fakes import Circuit, uses
from worker.errors import ClaimLost, DeliveryDeferred, DeliveryRefused, DeliveryUncertain, LedgerUnavailable
from worker.flow.run.attempt import ReceiverSilent
from worker.flow.run.receiver_circuit import through_circuit


class Unwritable(Circuit):
    async def answered(self, receiver: str) -> None:
        raise LedgerUnavailable("Redis cannot be reached")


def given(circuit: Circuit) -> Any:
    seconds = iter([10.0, 42.0])
    return uses(circuits=circuit, monotonic=lambda: next(seconds))


async def test_a_receiver_that_took_a_part_answered() -> None:
    circuit = Circuit()
    async with through_circuit(given(circuit), "mail"):
        assert circuit.heard == []
    assert circuit.heard == ["mail answered"]


@pytest.mark.parametrize(
    ("error", "heard"),
    [
        (DeliveryUncertain("mail", "no reply", silent=True), "mail silent for 32 s"),
        (DeliveryDeferred("mail", "no banner", silent=True), "mail silent for 32 s"),
        (DeliveryDeferred("mail", "greylisted"), "mail answered"),
        (DeliveryUncertain("mail", "broken off"), "mail answered"),
        (DeliveryRefused("mail", "550", code="550"), "mail answered"),
        (ClaimLost("week"), "mail left"),
    ],
)
async def test_only_silence_opens_the_circuit(error: Exception, heard: str) -> None:
    circuit = Circuit()
    with pytest.raises(type(error)):
        async with through_circuit(given(circuit), "mail"):
            raise error
    assert circuit.heard == [heard]


async def test_a_short_wait_is_spent_here_and_a_long_one_is_said() -> None:
    circuit = Circuit(0.01, 0.01)
    async with through_circuit(given(circuit), "mail"):
        assert circuit.waits == []
    with pytest.raises(ReceiverSilent) as silent:
        async with through_circuit(given(Circuit(0.01, 280.0)), "mail"):
            raise AssertionError("nothing may be sent")
    assert silent.value.seconds == 280.0


async def test_a_circuit_that_cannot_be_written_makes_no_sent_message_unknown() -> None:
    async with through_circuit(given(Unwritable()), "mail"):
        pass

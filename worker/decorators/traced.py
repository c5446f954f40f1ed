"""Spans around what takes time: the claim of a run, the fetch of an answer, and the hand-over of a message."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from worker.decorators.decorated import Method, decorated
from worker.domain.delivery import Envelope, Part, Receipt
from worker.domain.run import Claim
from worker.flow.services import Services
from worker.ports import Claimed, ClockLedger, SourceEvents
from worker.ports.channels import Channel, Transmit
from worker.ports.sources import Answer, Question
from worker.ports.traces import Traces


def with_traces(services: Services, traces: Traces) -> Services:
    """Worker tasks open the span of a run themselves (`Services.traces`); what follows lies within it."""
    clock, source_events = with_traced_claims(services.clock, services.source_events, traces)
    return replace(
        services,
        traces=traces,
        clock=clock,
        source_events=source_events,
        fetches=decorated(services.fetches, answer=_fetched(traces)),
        transmit=_sent(services.transmit, traces),
    )


def with_traced_claims(
    clock: ClockLedger, source_events: SourceEvents, traces: Traces
) -> tuple[ClockLedger, SourceEvents]:
    """A run's trace begins where the run is claimed."""
    return (
        decorated(clock, claim=_claimed(traces), request=_requested(traces)),
        decorated(source_events, claim=_claimed(traces)),
    )


def _claimed(traces: Traces) -> Any:
    def around(claim: Method) -> Method:
        async def called(batch: Sequence[Any], pid: int) -> Claimed:
            claimed: Claimed = await claim(batch, pid)
            for run in claimed.runs:
                traces.root(run, "claim")
            return claimed

        return called

    return around


def _requested(traces: Traces) -> Any:
    def around(request: Method) -> Method:
        async def called(claim: Claim, pid: int, **more: Any) -> bool:
            created: bool = await request(claim, pid, **more)
            if created:
                traces.root(claim.key, "claim")
            return created

        return called

    return around


def _fetched(traces: Traces) -> Any:
    def around(answer: Method) -> Method:
        async def called(source: Any, account: str, question: Question) -> Answer:
            with traces.span("fetch", query=question.item.id, connection=question.item.source):
                found: Answer = await answer(source, account, question)
            return found

        return called

    return around


def _sent(transmit: Transmit, traces: Traces) -> Transmit:
    async def called(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        with traces.span("send", delivery=envelope.key.digest[:8], part=str(part.number)):
            return await transmit(channel, part, sealed, envelope)

    return called

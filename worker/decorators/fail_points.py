"""Points at which a test can end or stop a process. Each lies just after the transition or act that it names:
docs/guarantees.md.
"""

import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from worker.decorators.decorated import Method, decorated
from worker.domain.delivery import Envelope, Part, Receipt
from worker.domain.events import Fact, QueryAnswered, QueryMissing
from worker.domain.outcome import (
    Deferred,
    DeliveryFailed,
    Outcome,
    Pending,
    Refused,
    Sent,
    Skipped,
    Unknown,
)
from worker.flow.services import Services
from worker.ports import Channel, ClockLedger, Events, FetchFailed, Queue
from worker.ports.channels import Transmit

PassPoint = Callable[[str], None]

FAIL_POINTS = (
    "run.due",
    "run.claimed",
    "run.swept",
    "run.published",
    "run.fetching",
    "share.fetched",
    "run.fetched",
    "run.kept",
    "run.evaluated",
    "run.delivering",
    "run.postponed",
    "run.failed",
    "delivery.taken",
    "delivery.skipped",
    "delivery.rendered",
    "delivery.sending",
    "delivery.checked",
    "delivery.accepted",
    "delivery.part",
    "delivery.sent",
    "delivery.deferred",
    "delivery.refused",
    "delivery.failed",
    "delivery.unknown",
    "delivery.held",
    "delivery.resolved",
)

_SETTLED: Mapping[type, str] = {
    Sent: "delivery.sent",
    Skipped: "delivery.skipped",
    Deferred: "delivery.deferred",
    Refused: "delivery.refused",
    DeliveryFailed: "delivery.failed",
    Pending: "delivery.resolved",
}


def armed(directory: Path) -> PassPoint:
    """A file in `directory` with the name of a fail point ends the process that passes the point by SIGKILL, or sends
    it the signal that the file names. It works once: the process that removes the file is the one.
    """

    def pass_point(point: str) -> None:
        try:
            named = (directory / point).read_text(encoding="ascii").strip()
            (directory / point).unlink()
        except FileNotFoundError:
            return
        # To this thread: a signal to the process may reach another thread first, and this one would run on.
        signal.pthread_kill(threading.get_ident(), signal.Signals[named or "SIGKILL"])

    return pass_point


def with_fail_points(services: Services, pass_point: PassPoint) -> Services:
    """The same services. They call `pass_point` with the name of each fail point as it is passed."""

    def after(point: str, happened: Callable[[Any], Any] = lambda _answer: True) -> Callable[[Method], Method]:
        return _after(pass_point, point, happened)

    clock, queue = with_clock_points(services.clock, services.queue, pass_point)
    return replace(
        services,
        clock=clock,
        queue=queue,
        runs=decorated(
            services.runs,
            begin=after("run.fetching", lambda answer: answer.lease),
            deliver=_around(pass_point, before=_kept, after=lambda *_: "run.delivering"),
            postpone=after("run.postponed"),
            fail=after("run.failed"),
        ),
        deliveries=decorated(
            services.deliveries,
            hold=after("delivery.taken", lambda answer: answer.lease),
            intend=_around(
                pass_point,
                before=lambda named: "" if named.get("attempt") else "delivery.rendered",
                after=lambda *_: "delivery.sending",
            ),
            check=after("delivery.checked"),
            handed_over=after("delivery.part"),
            settle=_around(pass_point, after=lambda _, args, __: _point_of(args[2])),
        ),
        events=_Events(services.events, pass_point),
        transmit=_accepted(services.transmit, pass_point),
        fetches=replace(services.fetches, cache=decorated(services.fetches.cache, put=_fetched(pass_point))),
    )


def with_clock_points(clock: ClockLedger, queue: Queue, pass_point: PassPoint) -> tuple[ClockLedger, Queue]:
    """The fail points that a clock passes."""

    def after(point: str, happened: Callable[[Any], Any]) -> Callable[[Method], Method]:
        return _after(pass_point, point, happened)

    watched = decorated(
        clock,
        due=after("run.due", lambda answer: answer[1]),
        claim=after("run.claimed", lambda answer: answer.runs),
        sweep=after("run.swept", lambda answer: answer.runs or answer.deliveries),
    )
    published = _around(pass_point, after=lambda _, args, __: args[0] and "run.published")
    return watched, decorated(queue, produce=published)


def _after(pass_point: PassPoint, point: str, happened: Callable[[Any], Any]) -> Callable[[Method], Method]:
    return _around(pass_point, after=lambda answer, _args, _named: point if happened(answer) else "")


def _point_of(outcome: Outcome) -> str:
    if isinstance(outcome, Unknown):
        return "delivery.unknown" if outcome.again_at is not None else "delivery.held"
    return _SETTLED[type(outcome)]


def _kept(named: Mapping[str, Any]) -> tuple[str, ...]:
    """Between the stored answers and the hand-over lies the evaluation of the alert rules, where there are any."""
    return ("run.kept", "run.evaluated") if named.get("alerts") is not None else ("run.kept",)


def _around(
    pass_point: PassPoint,
    *,
    before: Callable[[Mapping[str, Any]], str | tuple[str, ...]] = lambda _named: "",
    after: Callable[[Any, tuple[Any, ...], Mapping[str, Any]], str] = lambda _answer, _args, _named: "",
) -> Callable[[Method], Method]:
    """`before` and `after` name the fail points that are passed there, if any."""

    def around(method: Method) -> Method:
        async def called(*args: Any, **named: Any) -> Any:
            points = before(named)
            for point in (points,) if isinstance(points, str) else points:
                if point:
                    pass_point(point)
            answer = await method(*args, **named)
            if point := after(answer, args, named):
                pass_point(point)
            return answer

        return called

    return around


def _fetched(pass_point: PassPoint) -> Callable[[Method], Method]:
    """The answer that others wait for was read, and is not stored yet."""

    def around(put: Method) -> Method:
        async def called(key: str, token: int, outcome: Any) -> Any:
            if not isinstance(outcome, FetchFailed):
                pass_point("share.fetched")
            return await put(key, token, outcome)

        return called

    return around


def _accepted(transmit: Transmit, pass_point: PassPoint) -> Transmit:
    async def called(channel: Channel[Any], part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        receipt = await transmit(channel, part, sealed, envelope)
        pass_point("delivery.accepted")
        return receipt

    return called


class _Events:
    """A query is answered when its fact is emitted."""

    def __init__(self, events: Events, pass_point: PassPoint) -> None:
        self._events = events
        self._pass_point = pass_point

    def emit(self, fact: Fact) -> None:
        self._events.emit(fact)
        if isinstance(fact, QueryAnswered | QueryMissing):
            self._pass_point("run.fetched")

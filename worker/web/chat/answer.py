"""The answers to one request: finds the person who asks, and does what is asked or refuses it in a clear sentence."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from worker.domain.delivery import DeliveryState
from worker.domain.run import CLOSED, RunKey
from worker.errors import FunnelbeatError, RequestError
from worker.flow.deployed import bundle_of
from worker.flow.operate.own_view import view_of
from worker.flow.services import Services
from worker.ports.chat import ChatAnswer, ChatRequest
from worker.rendering.wording import Wording
from worker.web.chat.buttons import BUTTONS
from worker.web.chat.commands import COMMANDS
from worker.web.chat.visit import ChatRefused, ChatVisit
from worker.web.console.states import run_mark

LOOK = 1.0
"""Seconds between two looks at a run whose end will be reported."""

FOLLOWED = 25 * 60.0
"""Seconds for which a run is followed. Slack takes answers for half an hour."""


async def answers(uses: Services, channel: str, request: ChatRequest) -> AsyncIterator[ChatAnswer]:
    """One answer, and for a run another one at its end. Raises none of our errors: every refusal is an answer, which
    only the person who asked sees.
    """
    asked = await _asked(uses, channel, request)
    if isinstance(asked, ChatAnswer):
        yield asked
        return
    said = await _said(asked)
    yield said
    ended = await _ended(asked, said.run) if said.run is not None else None
    if ended is not None:
        yield ended


async def put_off(uses: Services, channel: str, request: ChatRequest, seconds: int) -> ChatAnswer:
    """The answer to a person who asks too often. Raises none of our errors."""
    asked = await _asked(uses, channel, request)
    return asked if isinstance(asked, ChatAnswer) else asked.say("chat.too_often", seconds=seconds)


async def _asked(uses: Services, channel: str, request: ChatRequest) -> ChatVisit | ChatAnswer:
    w = Wording("en_GB", "UTC")
    try:
        deployed = await uses.deployments.deployed()
        if deployed is None:
            return ChatAnswer(w.say("chat.nothing_deployed"))
        bundle, now = await bundle_of(uses.deployments, deployed.bundle), await uses.clock.now()
    except FunnelbeatError as error:
        return _busy(w, request, error)
    return ChatVisit(uses, request, view_of(bundle, channel, request.person, request.place), now)


async def _said(asked: ChatVisit) -> ChatAnswer:
    try:
        return await _done(asked)
    except ChatRefused as refused:
        return ChatAnswer(str(refused))
    except RequestError as error:
        return asked.say("chat.refused", sentence=asked.w.clean(str(error), 500).rstrip("."))
    except FunnelbeatError as error:
        return _busy(asked.w, asked.request, error)


async def _done(asked: ChatVisit) -> ChatAnswer:
    request = asked.request
    if not asked.view.known:
        raise ChatRefused(asked.w.say("chat.nobody", address=request.person))
    known = COMMANDS if request.clicked is None else BUTTONS
    if request.verb not in known:
        raise ChatRefused(asked.w.say("chat.unknown", word=asked.w.clean(request.verb, 40)))
    return await known[request.verb](asked)


def _busy(w: Wording, request: ChatRequest, error: FunnelbeatError) -> ChatAnswer:
    structlog.get_logger().error("chat_failed", verb=request.verb[:40], sentence=str(error))
    return ChatAnswer(w.say("chat.busy"))


async def _ended(asked: ChatVisit, key: RunKey) -> ChatAnswer | None:
    """None if it is not known in time. The run does not depend on it."""
    for _ in range(int(FOLLOWED / LOOK)):
        try:
            run = await asked.uses.lookups.run(key)
            if run is None:
                return None
            if run.state in CLOSED:
                rows = await asked.uses.lookups.deliveries(key)
                sent = sum(row.state is DeliveryState.SENT for row in rows)
                state = asked.w.say(f"console.state.{run_mark(run).name}")
                return asked.say(
                    "chat.ended", name=asked.name(key.schedule), state=state, sent=asked.w.say("chat.sent", sent)
                )
        except FunnelbeatError as error:
            structlog.get_logger().error("chat_failed", run=str(key), sentence=str(error))
        await asyncio.sleep(LOOK)
    return None

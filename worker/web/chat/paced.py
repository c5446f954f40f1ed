"""The answers to a request that came over a socket, at the pace that HTTP has."""

import asyncio
from collections.abc import AsyncIterator

import structlog

from worker.domain.source_event import EventOutcome
from worker.errors import FunnelbeatError
from worker.flow.services import Services
from worker.ports.chat import ChatAnswer, ChatRequest, counted
from worker.web.chat.answer import answers, put_off
from worker.web.chat.pace import ChatPace

AT_ONCE = 200
"""Requests that are carried out at the same time, including runs whose end will be reported; further ones wait."""


async def paced(
    uses: Services, channel: str, pace: ChatPace, places: asyncio.Semaphore, request: ChatRequest
) -> AsyncIterator[ChatAnswer]:
    """As `answers`. A request that comes too often is refused at once. Each answer is a request to the service, so a
    person gets only one such answer in a minute. `places`: of `AT_ONCE`.
    """
    wait = pace.wait(channel, request)
    await _count(uses, channel, EventOutcome.LIMITED if wait else EventOutcome.ACCEPTED)
    if not wait:
        async with places:
            async for said in answers(uses, channel, request):
                yield said
    elif pace.tells(channel, request):
        yield await put_off(uses, channel, request, wait)


async def _count(uses: Services, channel: str, outcome: EventOutcome) -> None:
    structlog.get_logger().info("chat_received", channel=channel, outcome=str(outcome))
    try:
        await uses.source_events.count(counted(channel), outcome)
    except FunnelbeatError as error:
        structlog.get_logger().error("chat_failed", channel=channel, sentence=str(error))

"""Decides when the next request of a connection may be sent. Turns come from the shared budget, which answers update.

Turns are taken for at most a tenth of a second, so that a hold that another worker reported takes effect soon. With a
high limit that is sixteen turns per round trip.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from worker.errors import SourceUnavailable
from worker.ports import Limit, Quota, RateReport

SPARE = 0.15
"""Share of a window left unused at its end, for requests of others with the same key."""
MOST_SPARE = 0.5
"""The largest share, however many 429s arrive. From there it shrinks by 0.2 % per answer."""
CAP = 60.0
"""Seconds. A longer wait is reported and not waited for."""
AHEAD = 0.1
"""Seconds for which turns are taken at once."""
MOST = 16
LATE = 0.05
"""Seconds (or one interval, if that is longer) after which a late turn is not used. Otherwise a process that was
stopped would send everything that it missed in one burst.
"""
LOOK = 0.02
"""Seconds between two looks while another process probes the limit. It doubles each time, up to AHEAD."""
REPORT_AGAIN = 20.0
"""Seconds after which an unchanged limit is reported again, so that it does not expire."""

_on_demand: ContextVar[bool] = ContextVar("on_demand", default=False)


@contextmanager
def asked_for(on_demand: bool) -> Iterator[None]:
    """Requests within this block, and in tasks begun within it, are for a person who waits."""
    before = _on_demand.set(on_demand)
    try:
        yield
    finally:
        _on_demand.reset(before)


class RateLimiter:
    """One per client, for all its requests. `hear` reads an answer's headers. `calls` in any `seconds`: a limit that
    the service has but never states. Implements common.calls.RateGate.

    The first request goes alone, because its answer reveals the limit. No request goes into a window that is nearly
    used up.
    """

    def __init__(
        self,
        quota: Quota,
        hear: Callable[[Mapping[str, str]], RateReport],
        *,
        calls: int = 0,
        seconds: float = 0.0,
        least: float = 1.0,
    ) -> None:
        self._quota = quota
        self._hear = hear
        self._window = (calls, seconds)
        self._least = least
        self._gate = asyncio.Lock()
        self._landed = asyncio.Event()
        self._places: deque[float] = deque()
        self._every = 0.0
        self._queued = 0
        self._flying = 0
        self._probing = False
        self._closed_until = 0.0
        self._spare = SPARE
        self._reported: dict[tuple[str, float], tuple[float, float]] = {}
        self._reported_hold = 0.0
        self._reports: set[asyncio.Task[None]] = set()

    async def enter(self, endpoint: str = "", cost: float = 0.0) -> None:
        """Waits for a turn, in the order of asking. Every call that returns is followed by one `leave`.

        Raises SourceUnavailable if the day's tokens do not suffice, LedgerUnavailable if the budget cannot be reached.
        """
        self._queued += 1
        try:
            async with self._gate:
                while not await self._reached(endpoint, cost):
                    pass
                self._flying += 1
        finally:
            self._queued -= 1

    async def _reached(self, endpoint: str, cost: float) -> bool:
        """Whether a turn was waited for. False: it was missed, or a hold came in between, so take another."""
        now = asyncio.get_running_loop().time
        if not self._places:
            await self._take(endpoint, cost)
        place = self._places.popleft()
        while (delay := max(place, self._closed_until) - now()) > 0:  # noqa: ASYNC110  # `hold` moves the end
            await asyncio.sleep(delay)
        if self._closed_until <= place and now() - place <= max(LATE, self._every):
            return True
        self._places.clear()
        return False

    async def _take(self, endpoint: str, cost: float) -> None:
        calls, seconds = self._window
        look = LOOK
        while True:
            ahead = MOST if self._every <= 0 else max(1, min(MOST, int(AHEAD / self._every)))
            count = 1 if cost else min(self._queued, ahead)
            got = await self._quota.take(count, cost, urgent=_on_demand.get(), calls=calls, seconds=seconds)
            if got.spent is not None:
                kept = "" if _on_demand.get() else ", but for what is kept for runs on demand"
                problem = f"the day's budget of requests is spent{kept}"
                raise SourceUnavailable(endpoint, problem, retry_after=got.spent, limited=True)
            if got.waits:
                self._every, self._probing = got.every, got.probe
                # Counted from Redis's answer, so that a slow Redis does not make every turn late.
                came = asyncio.get_running_loop().time()
                self._places.extend(came + wait for wait in got.waits)
                return
            await self._landing(look)
            look = min(AHEAD, 2 * look)

    async def _landing(self, longest: float) -> None:
        """Waits for an answer here, or `longest` seconds, because another worker's answer may be the awaited one."""
        self._landed.clear()
        try:
            async with asyncio.timeout(longest):
                await self._landed.wait()
        except TimeoutError:
            return

    def leave(self, headers: Mapping[str, str] | None) -> None:
        """Call after a request: with the answer's headers, or None if there was no answer."""
        self._flying -= 1
        if headers is not None:
            self._observe(headers)
        elif self._probing:
            self._report(RateReport(failed=True))
        self._probing = False
        self._landed.set()

    def refused(self, seconds: float) -> None:
        """After a 429: others use the same key, so leave more of each window unused. Sends nothing for this many
        seconds.
        """
        self._spare = min(MOST_SPARE, self._spare * 2)
        self.hold(seconds)

    def hold(self, seconds: float) -> None:
        """Sends nothing for this many seconds, in this process and in others."""
        until = asyncio.get_running_loop().time() + seconds
        self._closed_until = max(self._closed_until, until)
        if until > self._reported_hold + LOOK:
            self._reported_hold = until
            self._report(RateReport(hold=seconds))

    def spent(self, seconds: float) -> None:
        """The day's tokens are used up, and return after this many seconds."""
        self._report(RateReport(spent=seconds))

    def _observe(self, headers: Mapping[str, str]) -> None:
        now = asyncio.get_running_loop().time()
        heard = self._hear(headers)
        news = tuple(limit for limit in map(self._widest, heard.limits) if self._is_news(limit, now))
        if news or self._probing or heard.day != (None, None):
            self._report(RateReport(news, day=heard.day))
        for limit in heard.limits:
            # Requests in flight may not be counted yet in this answer.
            if limit.remaining is not None and limit.remaining - self._flying <= _reserve(limit.limit, self._spare):
                self.hold(min(limit.reset, CAP))
        self._spare = max(SPARE, self._spare * 0.998)

    def _widest(self, limit: Limit) -> Limit:
        """`reset` counts down, so the longest one seen is the window. It is never shorter than `least`, so that a
        limiter that refills gradually does not look fast.
        """
        known = self._reported.get((limit.name, limit.limit), (0.0, 0.0))[0]
        return Limit(limit.name, limit.limit, limit.remaining, max(self._least, limit.reset, known))

    def _is_news(self, limit: Limit, now: float) -> bool:
        window, reported_at = self._reported.get((limit.name, limit.limit), (0.0, 0.0))
        if not self._probing and limit.reset == window and now - reported_at < REPORT_AGAIN:
            return False
        self._reported[limit.name, limit.limit] = (limit.reset, now)
        return True

    def _report(self, heard: RateReport) -> None:
        task = asyncio.get_running_loop().create_task(self._quota.learn(heard))
        self._reports.add(task)
        task.add_done_callback(self._report_done)

    def _report_done(self, task: asyncio.Task[None]) -> None:
        """The next taker of a turn reports a budget that cannot be reached. What it missed is reported again."""
        self._reports.discard(task)
        self._landed.set()
        if task.cancelled() or task.exception() is not None:
            self._reported.clear()
            self._reported_hold = 0.0

    async def aclose(self) -> None:
        await asyncio.gather(*self._reports, return_exceptions=True)


def _reserve(limit: float, spare: float) -> float:
    """Turns left unused; none if the limit is tiny."""
    return min(max(1.0, limit * spare), limit - 1)

"""One digest to many readers, with a message for each, ledger included, against the standard library."""

import asyncio
import email
import email.policy
import smtplib
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import redis

from benchmarks.ground import Ground, child, redis_ground
from benchmarks.measure import Figure, Progress, Result, compared, in_turns
from benchmarks.whole import Place, bundle
from benchmarks.whole import Sizes as WholeSizes
from worker.adapters.celery.queue import KEYS_PER_MESSAGE
from worker.adapters.event_log import configure
from worker.app import open_services
from worker.collector import collect_rarely
from worker.decorators.kept_messages import with_kept_messages
from worker.domain.delivery import DeliveryKey, Part
from worker.domain.run import Claim, RunKey
from worker.entry.local_queue import LocalQueue
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services
from worker.settings import Settings

PAGES = 5
UNIT = "mails/s"
ONE, EACH = "smtplib, one connection", "smtplib, a connection each"


@dataclass(frozen=True, slots=True)
class Sizes:
    readers: int
    rounds: int


FULL = Sizes(2_000, 2)
QUICK = Sizes(200, 1)
TINY = Sizes(12, 1)


class Ours:
    """Deliveries are made ten at a time, as a worker's child does with each message from its queue. The process looks
    for cycles as rarely as that child.
    """

    def __init__(self, sizes: Sizes, place: Place) -> None:
        self._sizes = sizes
        self._place = place
        self._bundle = bundle(WholeSizes(1, PAGES, sizes.readers, (), 1), place)
        self.sample = b""

    def rate(self) -> float:
        with redis.Redis.from_url(self._place.ground.ledger) as client:
            client.flushdb()
        return asyncio.run(self._round())

    async def _round(self) -> float:
        settings = Settings(redis_url=self._place.ground.ledger)
        async with open_services(settings, self._bundle.project, queue=LocalQueue()) as opened:
            services = with_kept_messages(opened, self._keep)
            keys = await self._fetched(services)
            began = time.perf_counter()
            for start in range(0, len(keys), KEYS_PER_MESSAGE):
                await asyncio.gather(*(deliver(services, key) for key in keys[start : start + KEYS_PER_MESSAGE]))
            seconds = time.perf_counter() - began
            run = (await services.lookups.runs(None, 1))[0]
        assert run.state == "delivered", f"the run is {run.state}"
        return len(keys) / seconds

    async def _fetched(self, services: Services) -> tuple[DeliveryKey, ...]:
        """The delivery keys of a run that has fetched everything."""
        (schedule,) = self._bundle.schedules
        deployment = await services.deployments.activate(self._bundle, {schedule: None}, ())
        now = datetime.now(UTC).replace(microsecond=0)
        key = RunKey(schedule, now, "manual", "0" * 8)
        claim = Claim(key, deployment.bundle, "manual", now + timedelta(hours=1))
        await services.clock.request(claim, services.pid)
        keys = await produce(services, key)
        assert len(keys) == self._sizes.readers, f"{len(keys)} deliveries for {self._sizes.readers} readers"
        return keys

    def _keep(self, _key: str, _part: Part, sealed: bytes) -> None:
        self.sample = self.sample or sealed


class Smtplib:
    """The standard library builds each reader's message from the same text and HTML as ours."""

    def __init__(self, sizes: Sizes, port: int, like: Callable[[], bytes]) -> None:
        self._sizes = sizes
        self._port = port
        self._like = like

    def one(self) -> float:
        text, html = self._bodies()
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", self._port) as smtp:
            for number in range(self._sizes.readers):
                smtp.send_message(_message(number, text, html))
        return self._sizes.readers / (time.perf_counter() - began)

    def each(self) -> float:
        text, html = self._bodies()
        began = time.perf_counter()
        for number in range(self._sizes.readers):
            with smtplib.SMTP("127.0.0.1", self._port) as smtp:
                smtp.send_message(_message(number, text, html))
        return self._sizes.readers / (time.perf_counter() - began)

    def _bodies(self) -> tuple[str, str]:
        parsed = email.message_from_bytes(self._like(), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        parts = {part.get_content_type(): part.get_content() for part in parsed.walk() if not part.is_multipart()}
        return parts["text/plain"], parts["text/html"]


def _message(number: int, text: str, html: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"] = "Digest", "Reports <reports@tern.example>"
    made["To"], made["Message-ID"] = f"reader-{number}@tern.example", f"<{number}.bench@tern.example>"
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    return made


def run(sizes: Sizes, progress: Progress) -> Result:
    configure("warning")
    collect_rarely()
    with ExitStack() as stack:
        ground: Ground = stack.enter_context(redis_ground())
        pages = stack.enter_context(child("recorded", str(PAGES * 100))).ready
        port = stack.enter_context(child("sink")).ready
        ours = Ours(sizes, Place(ground, pages["close"], pages["latency"], port, Path.cwd()))
        peer = Smtplib(sizes, port, lambda: ours.sample)
        contenders = {"ours, ledger included": ours.rate, ONE: peer.one, EACH: peer.each}
        case = f"{sizes.readers:,} readers"
        taken = in_turns(contenders, sizes.rounds, progress, f"mail, {case}")
    figures = {who: Figure(case, who, UNIT, samples) for who, samples in taken.items()}
    own = next(iter(figures.values()))
    verdict = compared(f"{case}, one process, ours to {ONE}", own, figures[ONE], 6, at_least=True)
    note = f"a message has {len(ours.sample):,} bytes"
    return Result("mail", tuple(figures.values()), (verdict,), (note,))

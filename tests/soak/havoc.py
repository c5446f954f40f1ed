"""What goes wrong during a soak: a seeded stream of kills and faults, and a record of when each came true."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.soak.ground import ENDLESS
from tests.support.crew import children, strike
from tests.support.suspending import suspend
from tests.support.town import Installation
from worker.decorators.fail_points import FAIL_POINTS
from worker.sandbox.server import Sandbox

PROCESSES = ("worker", "worker and its children", "child", "clock", "redis")
AT_ONCE = 5
"""Fail points that are armed side by side."""

BREATH = 0.5
"""Seconds between arming two, so that something is finished in between: what never runs cannot be killed."""

STEP = 15.0
"""Seconds between two steps of the pipeline: whoever left since a baseline is looked up, run by run."""

APART = {"delivery.refused", "delivery.skipped"}
"""One needs an address that is not suspended, the other one that is."""

REARM = 8.0
"""Seconds after which a fault that somebody else met is armed again for a fail point that nobody passed yet."""


GONE = "address mail gone@acme.example"


@dataclass(frozen=True, slots=True)
class Hit:
    """A process that ended: where or which, and when, in seconds since the epoch."""

    what: str
    at: float


@dataclass
class Havoc:
    """`wanted`: how often each fail point is to be hit; the stream goes on past it."""

    here: Installation
    seed: int
    wanted: int
    main: int
    hits: list[Hit] = field(default_factory=list)
    _armed: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)  # noqa: S311  # a seeded stream is the point
        self._arm_at = 0.0
        self._process_at = time.monotonic() + 4.0
        self._fault_at = self._step_at = time.monotonic()

    @property
    def counts(self) -> Counter[str]:
        return Counter(hit.what for hit in self.hits)

    @property
    def satisfied(self) -> bool:
        return all(self.counts[point] >= self.wanted for point in FAIL_POINTS)

    def go_on(self, every: float) -> None:
        """One look. `every`: seconds between two kills of a whole process."""
        self.here.family.look_after()
        self._collect()
        now = time.monotonic()
        if len(self._armed) < AT_ONCE and now >= self._arm_at:
            self._arm(self._draw())
            self._arm_at = now + BREATH
        if now >= self._process_at:
            self._end(self._rng.choice(PROCESSES))
            self._process_at = now + every * self._rng.uniform(0.5, 1.5)
        if now >= self._fault_at:
            self._trouble()
            self._fault_at = now + self._rng.uniform(1.0, 4.0)
        if now >= self._step_at:
            self.here.box.call(lambda box: box.pipeline.step(box.now()))
            self._step_at = now + STEP
        time.sleep(0.04)

    def rest(self) -> None:
        self.here.disarm()
        self._collect()
        self.here.box.call(_heal)

    def _draw(self) -> str:
        """Among the points that were hit least so far, so that slow ones are not left to the end."""
        counts = self.counts
        taken = set(self._armed) | (APART if APART & set(self._armed) else set())
        free = [point for point in FAIL_POINTS if point not in taken]
        least = min(counts[point] for point in free)
        return self._rng.choice([point for point in free if counts[point] <= least + 1])

    def _arm(self, point: str) -> None:
        self._armed[point] = time.monotonic()
        self._prepare(point)
        self.here.arm(point)

    def _collect(self) -> None:
        for point, since in list(self._armed.items()):
            if not self.here.armed(point):
                self._hit(point)
                del self._armed[point]
            elif time.monotonic() - since > REARM:
                self._armed[point] = time.monotonic()
                self._prepare(point)

    def _prepare(self, point: str) -> None:
        """The fault without which nobody passes there."""
        number = self._rng.randrange(self.main)
        if point == "delivery.deferred":
            self.here.box.call(lambda box: box.mail.faults.refuse(f"team{number}@acme.example", 450))
        elif point in {"delivery.unknown", "delivery.resolved"}:
            self.here.box.call(lambda box: box.mail.faults.drop(to=f"team{number}@acme.example"))
        elif point == "delivery.held":
            self.here.box.call(lambda box: box.mail.faults.drop(to="held@acme.example"))
        elif point == "delivery.refused":
            self.here.deploy()  # which lifts the suspension of the address that refuses everything
        elif point == "delivery.skipped":
            self.here.ask(lambda services: suspend(services, GONE, "550 5.1.1 No such user here"))

    def _end(self, what: str) -> None:
        pids = self.here.family.pids("clock" if what == "clock" else "worker")
        if what == "redis":
            self.here.restart_redis()
        elif not pids:
            return
        elif what == "child":
            below = [pid for parent in pids for pid in children(parent)]
            if not below or not strike(self._rng.choice(below)):
                return
        elif not strike(self._rng.choice(pids), signal.SIGKILL, group=what == "worker and its children"):
            return
        self._hit(what)

    def _hit(self, what: str) -> None:
        """Also written down beside the logs, for whoever watches or has to find out."""
        self.hits.append(Hit(what, time.time()))
        with (self.here.place.parent / "hits.log").open("a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {what}\n")

    def _trouble(self) -> None:
        """A receiver's or the source's own: what it does to a message is known to the stand-in, not to us."""
        kind = self._rng.choice(("cut", "drop", "429", "500", "hook cut", "hook 429", "mail", "greylist", "source"))
        number = self._rng.randrange(self.main)
        self.here.box.call(lambda box: _arm_trouble(box, kind, f"team{number}@acme.example"))


def _arm_trouble(box: Sandbox, kind: str, address: str) -> None:
    post, hook = "POST /slack/api/chat.postMessage", "POST /slack/services/*"
    if kind in {"cut", "drop"}:
        box.faults.arm(post, kind)
    elif kind == "429":
        box.faults.arm(post, "status", status=429, retry_after="1")
    elif kind == "500":
        box.faults.arm(post, "status", status=500)
    elif kind == "hook cut":
        box.faults.arm(hook, "cut")
    elif kind == "hook 429":
        box.faults.arm(hook, "status", status=429, retry_after="1")
    elif kind == "mail":
        box.mail.faults.drop(to=address)
    elif kind == "greylist":
        box.mail.faults.refuse(address, 450)
    else:
        box.faults.arm("GET /close/*", "status", status=500)


def _heal(box: Sandbox) -> None:
    box.faults.clear()
    box.mail.faults.clear()
    box.mail.faults.refuse("gone@acme.example", 550, ENDLESS)

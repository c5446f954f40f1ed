"""The faults of a soak: a seeded stream of kills and faults, and a record of when each happened."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.soak.schedules import ENDLESS
from tests.support.child_processes import children_of, send_signal
from tests.support.installation import Installation
from tests.support.suspending import suspend
from worker.decorators.fail_points import FAIL_POINTS
from worker.sandbox.server import Sandbox

PROCESSES = ("worker", "worker and its children", "child", "clock", "redis")
AT_ONCE = 5
"""Fail points that are armed at the same time."""

BREATH = 0.5
"""Seconds between arming two, so that work can pass the first one in between."""

STEP = 15.0
"""Seconds between two steps of the pipeline. Each run looks up the deals that left since its baseline."""

APART = {"delivery.refused", "delivery.skipped"}
"""One needs an address that is not suspended, the other one that is."""

REARM = 8.0
"""Seconds after which a fault is prepared again, because another delivery than the armed one may have met it."""


GONE = "address mail gone@acme.example"

_LATER: dict[str, Any] = {"kind": "status", "status": 429, "retry_after": "1"}
POSTS: dict[str, dict[str, Any]] = {
    "cut": {"kind": "cut"},
    "drop": {"kind": "drop"},
    "429": _LATER,
    "500": {"kind": "status", "status": 500},
}
HOOKS: dict[str, dict[str, Any]] = {"hook cut": {"kind": "cut"}, "hook 429": _LATER}
SIGNED: dict[str, dict[str, Any]] = {
    "signed cut": {"kind": "cut"},
    "signed drop": {"kind": "drop"},
    "signed 429": _LATER,
    "signed 500": {"kind": "status", "status": 500, "applied": True},
}
"""Name → a fault of the receivers of posts, of incoming webhooks and of signed webhooks."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A process that was killed. `what`: its fail point or kind. `at`: seconds since the epoch."""

    what: str
    at: float


@dataclass
class FaultStream:
    """`wanted`: how often each fail point must be hit. The stream goes on after that."""

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
        """One step. `every`: mean seconds between two kills of a whole process."""
        self.here.processes.look_after()
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
        """One of the points with the fewest hits, so that rare ones are not left to the end."""
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
        """Arms the fault without which no process passes the point."""
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
        pids = self.here.processes.pids("clock" if what == "clock" else "worker")
        if what == "redis":
            self.here.restart_redis()
        elif not pids:
            return
        elif what == "child":
            below = [pid for parent in pids for pid in children_of(parent)]
            if not below or not send_signal(self._rng.choice(below)):
                return
        elif not send_signal(self._rng.choice(pids), signal.SIGKILL, group=what == "worker and its children"):
            return
        self._hit(what)

    def _hit(self, what: str) -> None:
        """Records a kill, also in hits.log for a person who watches or debugs."""
        self.hits.append(Hit(what, time.time()))
        with (self.here.place.parent / "hits.log").open("a", encoding="utf-8") as log:
            log.write(f"{time.time():.3f} {what}\n")

    def _trouble(self) -> None:
        """Arms a fault of a receiver or of the source. Only the stand-in knows what it does to a message."""
        kind = self._rng.choice((*POSTS, *HOOKS, *SIGNED, "mail", "greylist", "source"))
        number = self._rng.randrange(self.main)
        self.here.box.call(lambda box: _arm_trouble(box, kind, f"team{number}@acme.example"))


def _arm_trouble(box: Sandbox, kind: str, address: str) -> None:
    if kind in POSTS:
        box.faults.arm("POST /slack/api/chat.postMessage", **POSTS[kind])
    elif kind in HOOKS:
        box.faults.arm("POST /slack/services/*", **HOOKS[kind])
    elif kind in SIGNED:
        box.faults.arm("POST /webhook/*", **SIGNED[kind])
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

"""Moves a running sandbox's pipeline: every few minutes while `up` runs, and on demand."""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from worker.errors import RequestError

EVERY = 180.0
"""Seconds between two steps while `up` runs."""

PATIENCE = 10.0
"""Seconds for one step."""


@dataclass(slots=True)
class SandboxSteps:
    """Call `look` repeatedly. `control`: the address of the sandbox's control interface. `monotonic`: seconds."""

    control: str
    monotonic: Callable[[], float]
    every: float = EVERY
    _due: float = field(init=False)

    def __post_init__(self) -> None:
        self._due = self.monotonic() + self.every

    def look(self) -> Counter[str] | None:
        """What happened in the pipeline, or None if it is not time yet. Raises RequestError."""
        if self.monotonic() < self._due:
            return None
        self._due = self.monotonic() + self.every
        return step(self.control)


def step(control: str) -> Counter[str]:
    """Moves the pipeline once. Returns how many events of each kind happened. Raises RequestError."""
    request = urllib.request.Request(f"{control}/step", data=b"{}", method="POST")  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # the same
            return Counter(json.loads(answer.read())["result"])
    except (OSError, urllib.error.HTTPError, ValueError, KeyError) as error:
        raise RequestError(f"the sandbox at {control} did not answer: {type(error).__name__}") from None


def received(control: str) -> int | None:
    """How many messages the sandbox has received; None if no sandbox answers there."""
    try:
        with urllib.request.urlopen(f"{control}/state", timeout=PATIENCE) as answer:  # noqa: S310  # loopback
            return len(json.loads(answer.read())["received"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def in_words(events: Counter[str]) -> str:
    """The events in words, as "1 created, 2 values changed"."""
    return ", ".join(f"{count} {_named(name, count)}" for name, count in events.items())


def _named(name: str, count: int) -> str:
    """The name of an event is one of a deal's states, or a property of a deal that changed."""
    if name == "MovedPipeline":
        return "moved to another pipeline"
    what = name.removesuffix("Changed").lower()
    if not name.endswith("Changed"):
        return what
    many = f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"
    return f"{what if count == 1 else many} changed"

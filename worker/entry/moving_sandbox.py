"""The sandbox of `up`: its pipeline moves by itself, and `sandbox step` finds it."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.entry.announce import announce, time_of_day
from worker.entry.project_redis import STATE
from worker.errors import RequestError
from worker.sandbox.steps import EVERY, SandboxSteps, in_words, received
from worker.settings import read

RUNNING = "sandbox.json"
"""Below the project's state: where the sandbox of `up` listens. It is there as long as `up` runs."""


@contextmanager
def moving_sandbox(place: Path, addresses: str, command: str) -> Iterator[Callable[[], None]]:
    """Yields what to call again and again. `addresses`: as FUNNELBEAT_SANDBOX; empty if `up` has started no sandbox.
    `command`: how a person calls us for this project.
    """
    if not addresses:
        yield lambda: None
        return
    path, steps = place / STATE / RUNNING, SandboxSteps(json.loads(addresses)["control"], time.monotonic)
    path.write_text(addresses, encoding="utf-8")
    announce("sandbox", f"  The sandbox moves every {EVERY / 60:g} minutes, or now: {command} sandbox step")
    try:
        yield lambda: _look(steps)
    finally:
        path.unlink(missing_ok=True)


def _look(steps: SandboxSteps) -> None:
    try:
        events = steps.look()
    except RequestError as error:
        announce("sandbox", f"{time_of_day()}  {error}", trouble=True)
        return
    if events:
        announce("sandbox_moved", f"{time_of_day()}  the sandbox moved: {in_words(events)}")


def running_sandbox(place: Path) -> str:
    """As FUNNELBEAT_SANDBOX, of the sandbox that `up` runs for this project; "" if none answers. The file of an `up`
    that was killed is still there.
    """
    try:
        written = (place / STATE / RUNNING).read_text("utf-8")
        return written if received(str(json.loads(written)["control"])) is not None else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def begins_anew(outbox: Path, when: str) -> str:
    """A note for a sandbox that starts although messages of an earlier sandbox were sent; "" before the first message.
    `when`: "with each `up`", for example.
    """
    if not outbox.is_dir() or not any(outbox.iterdir()):
        return ""
    return (
        f"The sandbox's deals start from the beginning {when}. The next digest may list changes that nobody made: "
        "it compares with the last one that was sent."
    )


def control_of(place: Path) -> str:
    """The address of the running sandbox's control interface. Raises RequestError."""
    written = read().sandbox
    if not written:
        try:
            written = (place / STATE / RUNNING).read_text("utf-8")
        except FileNotFoundError:
            raise RequestError(f"no sandbox runs for {place}: start `funnelbeat up` there first") from None
    return str(json.loads(written)["control"])

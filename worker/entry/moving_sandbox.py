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

MOVED = "sandbox-moved"
"""Below the project's state: a sandbox of `up` moved once. What was sent may tell of deals that a new sandbox lacks."""

ANOTHER = (
    "Another `up` runs for this project, with a sandbox of its own. Each run reads the deals of one of the two, so "
    "that digests list movements that nobody made: stop one of them."
)


@contextmanager
def moving_sandbox(place: Path, addresses: str, command: str) -> Iterator[Callable[[], None]]:
    """Yields what to call again and again. `addresses`: as FUNNELBEAT_SANDBOX; empty if `up` has started no sandbox.
    `command`: how a person calls us for this project.
    """
    if not addresses:
        yield lambda: None
        return
    steps = SandboxSteps(json.loads(addresses)["control"], time.monotonic)
    if running_sandbox(place):
        announce("sandbox", f"  {ANOTHER}")
    _show(place, addresses)
    announce("sandbox", f"  The sandbox moves every {EVERY / 60:g} minutes, or now: {command} sandbox step")

    def look() -> None:
        _show(place, addresses)
        _look(place, steps)

    try:
        yield look
    finally:
        if _written(place) == addresses:
            (place / STATE / RUNNING).unlink(missing_ok=True)


def _show(place: Path, addresses: str) -> None:
    """Commands use the sandbox of the `up` that was there first; when that ends, this one."""
    if _written(place) != addresses and not running_sandbox(place):
        (place / STATE / RUNNING).write_text(addresses, encoding="utf-8")


def _written(place: Path) -> str:
    try:
        return (place / STATE / RUNNING).read_text("utf-8")
    except OSError:
        return ""


def note_move(place: Path) -> None:
    (place / STATE).mkdir(exist_ok=True)
    (place / STATE / MOVED).touch()


def _look(place: Path, steps: SandboxSteps) -> None:
    try:
        events = steps.look()
    except RequestError as error:
        announce("sandbox", f"{time_of_day()}  {error}", trouble=True)
        return
    if events:
        note_move(place)
        announce("sandbox_moved", f"{time_of_day()}  the sandbox moved: {in_words(events)}")


def running_sandbox(place: Path) -> str:
    """As FUNNELBEAT_SANDBOX, of the sandbox that `up` runs for this project; "" if none answers. The file of an `up`
    that was killed is still there.
    """
    written = _written(place)
    try:
        return written if received(str(json.loads(written)["control"])) is not None else ""
    except (ValueError, KeyError, TypeError):
        return ""


def begins_anew(place: Path, when: str, digest: str) -> str:
    """A note for a sandbox that starts although an earlier one had moved; "" if none of the project `place` did.
    `when`: "with each `up`", for example. `digest`: the one that compares, such as "The next digest".
    """
    if not (place / STATE / MOVED).exists():
        return ""
    return (
        f"The sandbox's deals start from the beginning {when}. {digest} may list changes that nobody made: "
        "it compares with the last one that was sent."
    )


def control_of(place: Path) -> str:
    """The address of the running sandbox's control interface. Raises RequestError."""
    written = read().sandbox
    if not written:
        try:
            written = (place / STATE / RUNNING).read_text("utf-8")
        except FileNotFoundError:
            raise RequestError(f"no sandbox runs for {place}: start `funnelbeat up` first") from None
    return str(json.loads(written)["control"])

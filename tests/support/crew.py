"""Several clocks and workers as child processes, each begun again when it ends; and what a test may do to them."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.entry.children import ChildProcesses


class Processes:
    """Families of one: `clocks` and `workers` of them."""

    def __init__(
        self, place: Path, environment: Mapping[str, str], log: Path, *, clocks: int = 1, workers: int = 1
    ) -> None:
        names = ("clock",) * clocks + ("worker",) * workers
        self._families = [(name, ChildProcesses((name,), place, environment, log=log)) for name in names]

    def __enter__(self) -> Self:
        for _, family in self._families:
            family.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All are asked to end before the first is waited for."""
        for name in ("clock", "worker"):
            for pid in self.pids(name):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
        for _, family in self._families:
            family.__exit__(kind, error, trace)

    def look_after(self) -> None:
        for _, family in self._families:
            family.look_after()

    def pids(self, name: str) -> list[int]:
        """Of the running clocks, or of the workers' parents. Each leads a process group of its own."""
        children = [family._children[member] for member, family in self._families if member == name]
        return [child.pid for child in children if child.poll() is None]


def children(pid: int) -> list[int]:
    """Processes that `pid` started: of a worker, those that run its tasks (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def strike(pid: int, number: signal.Signals = signal.SIGKILL, *, group: bool = False) -> bool:
    """A signal to a process, or to its group; False when it had ended already."""
    try:
        (os.killpg if group else os.kill)(pid, number)
    except ProcessLookupError:
        return False
    return True

"""Several clocks and workers as child processes, and signals for them. A process that ends is started again."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.entry.children import ChildProcesses


class Processes:
    """`clocks` clock processes and `workers` worker processes."""

    def __init__(
        self, place: Path, environment: Mapping[str, str], log: Path, *, clocks: int = 1, workers: int = 1
    ) -> None:
        names = ("clock",) * clocks + ("worker",) * workers
        self._processes = [(name, ChildProcesses(((name,),), place, environment, log=log)) for name in names]

    def __enter__(self) -> Self:
        for _, process in self._processes:
            process.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Asks all of them to end before it waits for the first."""
        for name in ("clock", "worker"):
            for pid in self.pids(name):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
        for _, process in self._processes:
            process.__exit__(kind, error, trace)

    def look_after(self) -> None:
        for _, process in self._processes:
            process.look_after()

    def pids(self, name: str) -> list[int]:
        """The running clocks, or the workers' parents. Each leads its own process group."""
        children = [process._children[member] for member, process in self._processes if member == name]
        return [child.pid for child in children if child.poll() is None]


def children_of(pid: int) -> list[int]:
    """Processes that `pid` started. For a worker these run its tasks (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def send_signal(pid: int, number: signal.Signals = signal.SIGKILL, *, group: bool = False) -> bool:
    """Signals a process or its group. False if it has already ended."""
    try:
        (os.killpg if group else os.kill)(pid, number)
    except ProcessLookupError:
        return False
    return True

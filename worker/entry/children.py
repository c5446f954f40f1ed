"""Clock, worker and web as child processes of `up` and `demo`: they start again when they end by themselves, and they
end when their parent ends.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.adapters.child_process import tied
from worker.entry.announce import announce

STOP_TIME = 20.0
"""Seconds that a child has to finish its sends. After that it is killed."""

SOON = 10.0
"""Seconds. A child that gives up earlier than this after its start could not work at all."""

LONGEST_PAUSE = 30.0
"""Seconds between two starts of a child that cannot work."""


class ChildProcesses:
    """`members` are commands, such as ("clock",) or ("web", "--port", "8080"), each with a name of its own. Their
    output goes to `log`, or to our standard error.
    """

    def __init__(
        self,
        members: tuple[tuple[str, ...], ...],
        directory: Path,
        environment: Mapping[str, str],
        log: Path | None = None,
    ) -> None:
        self._commands = {words[0]: words for words in members}
        self._directory = directory
        self._environment = dict(environment)
        self._log = log
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._begun: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._after: dict[str, float] = {}

    def __enter__(self) -> Self:
        for member in self._commands:
            self._start(member)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the last one first, and the clock last. What the clock still publishes waits in the ledger."""
        for member in reversed(self._commands):
            child = self._children[member]
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIME
        for child in self._children.values():
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def look_after(self) -> None:
        """Start every child again that has ended, and report it on standard error. A child that was killed starts at
        once. A child that failed soon after its start has to wait, longer each time.
        """
        for member, child in list(self._children.items()):
            status = child.poll()
            if status is not None and time.monotonic() >= self._after.get(member, 0.0):
                announce("child_ended", f"{member} ended with status {status}; starting it again", trouble=True)
                self._pause(member, status)
                self._start(member)

    def _pause(self, member: str, status: int) -> None:
        """Sets how long to wait before the restart after this one."""
        now = time.monotonic()
        soon = status >= 0 and now - self._begun[member] < SOON + self._pauses.get(member, 0.0)
        self._pauses[member] = min(2 * self._pauses.get(member, 0.5), LONGEST_PAUSE) if soon else 0.0
        self._after[member] = now + self._pauses[member]

    def _start(self, member: str) -> None:
        self._begun[member] = time.monotonic()
        command = [sys.executable, "-m", "worker.entry", "--project", str(self._directory), *self._commands[member]]
        if self._log is None:
            self._children[member] = self._spawn(command, None)
            return
        with (self._log / f"{member}.log").open("ab") as log:
            self._children[member] = self._spawn(command, log.fileno())

    def _spawn(self, command: list[str], output: int | None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            tied(command),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches only this process, which stops the children in order
        )

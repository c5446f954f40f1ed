"""A Redis server for one project directory. It is started, or attached to if it already runs, and ends with its parent.

Standard library only. The server itself is in redis_program.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

from worker.adapters.child_process import tied
from worker.adapters.redis_program import STEP, answers, command, find_binary, wait_until_ready
from worker.errors import LedgerUnavailable, RequestError

LONGEST_SOCKET = 100
"""Bytes of a socket's path. The kernel allows 107, macOS 103 (unix(7), unix(4))."""

STOP_PATIENCE = 10.0


class EmbeddedRedis:
    """`directory` holds the data (<project>/.funnelbeat/redis). `runtime` holds the socket. It defaults to a private
    directory below the system's temporary directory, because a socket's path must be short.

    Linux ends the server with its parent, however that dies. Elsewhere only `stop` ends it.
    """

    def __init__(
        self, directory: Path, *, runtime: Path | None = None, binary: Path | None = None, patience: float = 60.0
    ) -> None:
        self.directory = directory.resolve()
        self.attached = False
        self._runtime = runtime
        self._binary = binary
        self._patience = patience
        self._socket: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """Raises LedgerUnavailable until a server was started or attached to."""
        if self._socket is None:
            raise LedgerUnavailable("the embedded Redis was not started")
        return self._socket

    @property
    def url(self) -> str:
        """The ledger's address for redis-py: database 0."""
        return f"unix://{quote(str(self.socket))}?db=0"

    @property
    def broker_url(self) -> str:
        """The queue's address for kombu: database 1, so that its keys are separate."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=1"

    @property
    def pid(self) -> int | None:
        """Process id of the server that this object started; None if it attached to another server."""
        return self._child.pid if self._child is not None else None

    def attach_or_start(self, *, rather_own: float = 0.0) -> None:
        """Returns when the server answers. A server that another process started is attached to only if it is still
        there after `rather_own` seconds: a server ends with the process that started it.

        Raises RequestError (no server program, socket's path too long) or LedgerUnavailable (the server did not start,
        or another process holds the directory and does not answer).
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.directory / "lock").touch(mode=0o600)
        except OSError as error:
            raise RequestError(
                f"{self.directory} cannot be written ({error.strerror}), and the project's own Redis needs it; "
                "make it writable, or set FUNNELBEAT_REDIS_URL"
            ) from None
        begun = time.monotonic()
        deadline = begun + self._patience
        while True:
            lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if _locked(lock):
                    self._start(lock, deadline)
                    return
                holder = _holder(lock)
            finally:
                # Redis inherited the lock and holds it as long as it lives.
                os.close(lock)
            if holder is not None and time.monotonic() >= begun + rather_own and answers(holder[1]):
                self._socket, self.attached = holder[1], True
                return
            if time.monotonic() > deadline:
                who = f"process {holder[0]}" if holder else "another process"
                raise LedgerUnavailable(f"{self.directory} is held by {who}, whose Redis does not answer")
            time.sleep(STEP)

    def revive(self) -> bool:
        """Starts the server again at the same address if it has ended. False if it has not. Raises as
        `attach_or_start`.
        """
        if self._child is not None and self._child.poll() is None:
            return False
        if self._child is None and self._held():
            return False
        self._child = None
        self.attach_or_start()
        return True

    def _held(self) -> bool:
        """Whether a server lives in the directory. It holds the lock even before it is ready."""
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return not _locked(lock)
        finally:
            os.close(lock)

    def stop(self) -> None:
        """Ends the server if this object started it. Safe to call twice."""
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._tidy()

    def _tidy(self) -> None:
        """Removes the socket's directory, unless another process is starting a server there."""
        if self._runtime is not None or self._socket is None:
            return
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if _locked(lock):
                shutil.rmtree(self._socket.parent, ignore_errors=True)
        finally:
            os.close(lock)

    def kill(self) -> None:
        """Kills the server, so that nothing more is written."""
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(signal.SIGKILL)
            child.wait()

    def __enter__(self) -> Self:
        self.attach_or_start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, lock: int, deadline: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            # Linux sends the signal when the starting *thread* ends, which would end Redis too.
            raise RuntimeError("the embedded Redis must be started from the main thread")
        binary, path = self._binary or find_binary(), self._place()
        os.ftruncate(lock, 0)
        log = self.directory / "redis.log"
        child = subprocess.Popen(
            tied(command(binary, path, self.directory)),
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C must reach only the parent, which stops its workers before Redis
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_ready(child, path, deadline, log)
            os.pwrite(lock, json.dumps({"pid": child.pid, "socket": str(path)}).encode(), 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        self._child, self._socket, self.attached = child, path, False

    def _place(self) -> Path:
        """The socket's path, in a directory that only this user can read. Raises RequestError if it is too long."""
        digest = hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        runtime = self._runtime or Path(tempfile.gettempdir()) / f"funnelbeat-{os.getuid()}-{digest}"
        path = runtime / "redis.sock"
        if len(os.fsencode(path)) > LONGEST_SOCKET:
            raise RequestError(
                f"the path of Redis' socket would be {len(os.fsencode(path))} bytes long and {LONGEST_SOCKET} are "
                "possible; set TMPDIR to a shorter directory"
            )
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = runtime.lstat()
        if found.st_uid != os.getuid() or found.st_mode & 0o077 or runtime.is_symlink():
            raise RequestError(f"{runtime} is not private to this user; remove it and start again")
        return path


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: int) -> tuple[int, Path] | None:
    """Process id and socket of the server that holds the directory. None while it is starting."""
    try:
        told = json.loads(os.pread(lock, 4096, 0))
        return int(told["pid"]), Path(told["socket"])
    except (ValueError, KeyError, TypeError):
        return None

"""Our own Redis: one per directory, attached to by the second, gone with its parent, ended on every failed start."""

import os
import stat
import subprocess
import sys
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu.connection import Connection

from tests.support.patience import PATIENCE
from worker.adapters.redis_program import SERVER, find_binary
from worker.adapters.redis_server import EmbeddedRedis
from worker.errors import LedgerUnavailable, RequestError, SettingsError

kombu: Any = Connection  # untyped

CHILD = """
import sys, time
from pathlib import Path
from worker.adapters.redis_server import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]))
server.attach_or_start()
print(server.pid, server.attached, server.url, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    """A zombie that init has not collected yet is dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_it_keeps_what_was_written_over_a_stop_and_a_kill(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    for number, end in enumerate([server.stop, server.kill, server.stop]):
        server.attach_or_start()
        with redis.Redis.from_url(server.url) as client:
            assert client.incr("counter") == number + 1
        end()
    server.stop()
    assert not server.socket.parent.exists()


def with_the_kernel(client: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while client.info("persistence")["aof_buffer_length"]:
        assert time.monotonic() < deadline


def test_every_acknowledged_write_that_the_kernel_has_outlives_a_kill(tmp_path: Path) -> None:
    """While a sync is on its way, Redis holds its next write back for up to two seconds (docs/operations/redis.md)."""
    server = EmbeddedRedis(tmp_path)
    server.attach_or_start()
    with redis.Redis.from_url(server.url) as client:
        done = [client.rpush("list", number) for number in range(2000)]
        with_the_kernel(client)
    server.kill()
    with server, redis.Redis.from_url(server.url) as client:
        assert client.llen("list") == done[-1] == 2000


def test_it_is_set_up_as_a_database(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        wanted = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "port": "0",
        }
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700


def test_its_broker_url_is_kombus(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server, kombu(server.broker_url) as broker:
        queue = broker.SimpleQueue("q")
        queue.put({"key": "a"})
        message = queue.get(timeout=PATIENCE)
        assert message.payload == {"key": "a"}
        message.ack()
        queue.close()
        with redis.Redis.from_url(server.url) as client:
            assert client.keys("*") == []


def test_a_second_start_attaches_and_its_stop_leaves_the_first_alone(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as first:
        second = EmbeddedRedis(tmp_path, patience=5)
        second.attach_or_start()
        assert (second.attached, second.pid, second.url) == (True, None, first.url)
        second.stop()
        with redis.Redis.from_url(first.url) as client:
            assert client.ping()


def test_redis_ends_with_a_parent_that_was_killed_and_the_directory_is_free(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, attached, _ = parent.stdout.readline().split()
        assert attached == "False"
        assert alive(int(pid))
        parent.kill()
    assert gone_within(int(pid), PATIENCE)
    with EmbeddedRedis(tmp_path) as server:
        assert not server.attached


def test_a_process_that_will_live_waits_for_the_end_of_one_that_does_not(tmp_path: Path) -> None:
    """It would lose the Redis that it joined, in the middle of its work."""
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().split()[1] == "False"
        end = threading.Timer(0.3, parent.kill)
        end.start()
        server = EmbeddedRedis(tmp_path)
        server.attach_or_start(rather_own=PATIENCE)
        end.join()
        assert not server.attached
        server.stop()


def test_a_process_that_will_live_joins_one_that_stays(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as first:
        second = EmbeddedRedis(tmp_path, patience=5)
        second.attach_or_start(rather_own=0.5)
        assert (second.attached, second.url) == (True, first.url)


def test_many_starts_at_once_give_one_redis(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    parents = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        told = [parent.stdout.readline().split() for parent in parents if parent.stdout]
    finally:
        for parent in parents:
            parent.kill()
            parent.communicate()
    assert sorted(attached for _, attached, _ in told) == ["False", "True", "True"]
    assert len({url for *_, url in told}) == 1


def test_a_socket_path_that_is_too_long_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, runtime=tmp_path / ("x" * 110))
    with pytest.raises(RequestError, match="set TMPDIR to a shorter directory"):
        server.attach_or_start()
    assert server.pid is None
    with EmbeddedRedis(tmp_path) as second:
        assert not second.attached


def test_a_runtime_directory_of_others_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    with pytest.raises(RequestError, match="not private to this user"):
        EmbeddedRedis(tmp_path / "data", runtime=shared).attach_or_start()


def test_a_server_that_does_not_come_up_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "sleeper"
    script.write_text("#!/bin/sh\necho $$ > " + str(tmp_path / "pid") + "\nexec sleep 60\n")
    script.chmod(0o755)
    server = EmbeddedRedis(tmp_path / "data", binary=script, patience=0.5)
    with pytest.raises(LedgerUnavailable, match="did not answer in time: it said nothing"):
        server.attach_or_start()
    assert gone_within(int((tmp_path / "pid").read_text()), PATIENCE)
    with EmbeddedRedis(tmp_path / "data") as second:
        assert not second.attached


def test_a_server_that_cannot_read_its_data_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"this is no append-only file\r\n")
    with pytest.raises(LedgerUnavailable, match=r"ended at once: .*Bad file format"):
        EmbeddedRedis(tmp_path).attach_or_start()


def test_a_holder_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        os.kill(server.pid or 0, 19)  # SIGSTOP: it lives and says nothing
        try:
            with pytest.raises(LedgerUnavailable, match=f"held by process {server.pid}"):
                EmbeddedRedis(tmp_path, patience=0.2).attach_or_start()
        finally:
            os.kill(server.pid or 0, 18)


def test_it_is_not_started_from_a_thread_that_may_end(tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedRedis(tmp_path).attach_or_start()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_before_its_start_there_is_no_url(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="was not started"):
        _ = EmbeddedRedis(tmp_path).url


def test_a_machine_without_a_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "files", lambda _name: None)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv(SERVER, raising=False)
    with pytest.raises(RequestError, match="install the package redis-server or valkey, or set FUNNELBEAT_REDIS_URL"):
        find_binary()


def test_a_server_from_the_path_serves_where_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "valkey-server").symlink_to(find_binary())
    monkeypatch.delenv(SERVER, raising=False)
    monkeypatch.setattr(metadata, "files", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == tmp_path / "valkey-server"
    with EmbeddedRedis(tmp_path / "data") as server:
        assert server.pid is not None


def test_a_server_that_the_environment_names_goes_before_all_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = tmp_path / "chosen"
    chosen.write_text(f'#!/bin/sh\ntouch "{tmp_path}/asked"\nexec "{find_binary()}" "$@"\n')
    chosen.chmod(0o755)
    monkeypatch.setenv(SERVER, str(chosen))
    with EmbeddedRedis(tmp_path / "data") as server:
        assert server.pid is not None
    assert (tmp_path / "asked").exists()


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_server_that_is_named_and_is_no_program_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SERVER, str(tmp_path / name))
    with pytest.raises(SettingsError, match=r"FUNNELBEAT_REDIS_SERVER: found .*, expected a program"):
        find_binary()

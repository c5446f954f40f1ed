"""`up` as a person uses it: it goes on through whatever happens while files are edited."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.machines.guarded_redis import free_port
from tests.machines.site import children, running, until
from tests.support.child_processes import send_signal
from tests.support.patience import PATIENCE
from worker.adapters.redis_program import SERVER
from worker.adapters.redis_server import _holder

PROJECT = """
project: upton
connections:
  close: {type: sandbox}
channels:
  mail: {type: sandbox}
defaults: {timezone: Europe/Berlin}
"""
SCHEDULE = """
name: Often
when: {every: 2s}
report:
  - {id: deals, source: close, query: opportunities, params: {status_type: active}}
to:
  - {id: team, channel: mail, address: sales@acme.example}
"""


@dataclass
class Up:
    """One `up`; `said` is what it printed so far, its children's output included."""

    process: subprocess.Popen[bytes]
    log: Path
    place: Path

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def says(self, words: str, times: int = 1, seconds: float = PATIENCE) -> None:
        def enough() -> bool | None:
            assert self.process.poll() is None, self.said()
            return self.said().count(words) >= times or None

        until(enough, f"it did not say {words!r} in time", seconds)

    def save(self, text: str, name: str = "often") -> None:
        (self.place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def mails(self) -> int:
        return len(list((self.place / ".funnelbeat" / "outbox").glob("*.eml")))

    def goes_on(self) -> None:
        """Mails come after this moment."""
        before = self.mails()
        until(lambda: self.mails() > before + 1 or None, f"no mail came any more\n{self.said()}")

    def child(self, word: str) -> int | None:
        """The process whose command line ends with `word`."""
        for pid in children(self.process.pid):
            if word in Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0"):
                return pid
        return None

    def redis(self) -> int:
        lock = os.open(self.place / ".funnelbeat" / "redis" / "lock", os.O_RDONLY)
        try:
            held = _holder(lock)
        finally:
            os.close(lock)
        assert held is not None
        return held[0]


@contextmanager
def up(place: Path, name: str = "up", **more: str) -> Iterator[Up]:
    log = place.parent / f"{name}.log"
    given = {k: v for k, v in os.environ.items() if not k.startswith("FUNNELBEAT_") or k == SERVER}
    command = [sys.executable, "-m", "worker.entry", "--project", str(place), "up"]
    with running(command, {**given, "FUNNELBEAT_CONCURRENCY": "1", "COLUMNS": "200", **more}, log) as process:
        one = Up(process, log, place)
        one.says("upton is up: 1 schedule.")
        yield one


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    (place / "schedules").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (place / "schedules" / "often.yaml").write_text(SCHEDULE, encoding="utf-8")
    return place


@pytest.mark.slow
def test_a_broken_file_leaves_the_last_good_definitions_in_force_until_it_is_mended(place: Path) -> None:
    with up(place) as one:
        one.save("name: [")
        one.says("Not deployed; the last good definitions stay deployed.")
        assert "schedules/often.yaml:1" in one.said()
        one.goes_on()
        one.save(SCHEDULE.replace("2s", "3s"))
        one.says("changed  often (when)")
        one.save(SCHEDULE, "second")
        one.says("added    second")
        (place / "schedules" / "second.yaml").unlink()
        one.says("removed  second")
        one.goes_on()


@pytest.mark.slow
def test_a_redis_that_is_killed_is_started_again_and_what_was_saved_meanwhile_is_deployed(place: Path) -> None:
    with up(place) as one:
        one.goes_on()
        send_signal(one.redis())
        one.save(SCHEDULE.replace("2s", "3s"))
        one.says("Redis ended; it was started again.")
        one.says("changed  often (when)")
        one.goes_on()


@pytest.mark.slow
@pytest.mark.parametrize("member", ["clock", "worker"])
def test_a_child_that_is_killed_is_begun_again(place: Path, member: str) -> None:
    with up(place) as one:
        killed = until(lambda: one.child(member), f"no {member}")
        send_signal(killed, signal.SIGKILL, group=True)
        one.says(f"{member} ended with status -9; starting it again")
        assert until(lambda: one.child(member), f"no {member}") != killed
        one.goes_on()


@pytest.mark.slow
def test_a_second_up_goes_on_when_the_first_is_killed(place: Path) -> None:
    with up(place) as first, up(place, "second") as second:
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        second.says("The command that had started Redis ended, and Redis with it; it was started again.")
        second.goes_on()


@pytest.mark.slow
def test_a_change_that_needs_another_start_is_refused_with_a_sentence(place: Path) -> None:
    with up(place) as one:
        file = place / "funnelbeat.yaml"
        file.write_text(PROJECT.replace("upton", "other"), encoding="utf-8")
        one.says("`project:` was upton and is other now: end `up` and start it again")
        file.write_text(PROJECT, encoding="utf-8")
        one.says("Nothing changes.")
        one.goes_on()


@pytest.mark.slow
def test_the_pages_behind_links_listen_where_it_says_and_begin_again_too(place: Path) -> None:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    (place / "funnelbeat.yaml").write_text(f"{PROJECT}web: {{base_url: '{base_url}'}}\n", encoding="utf-8")

    def healthy() -> bool | None:
        try:
            return httpx.get(f"{base_url}/health", trust_env=False).text == "ok\n" or None
        except httpx.TransportError:
            return None

    with up(place, FUNNELBEAT_LINK_KEY="k" * 40) as one:
        one.says(f"The API, the console and readers' pages listen on 127.0.0.1:{port}; links lead to {base_url}")
        until(healthy, f"no page\n{one.said()}")
        killed = until(lambda: one.child("web"), "no web")
        send_signal(killed, signal.SIGKILL, group=True)
        one.says("web ended with status -9; starting it again")
        until(healthy, f"no page\n{one.said()}")


def test_what_a_program_reads_from_the_log_is_json_and_nothing_else(place: Path) -> None:
    """From the start to the end of a worker, the words of Celery included; `up` prints deployments beside it."""
    with up(place) as site:
        site.goes_on()
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(PATIENCE) == 0
    lines = [line for line in site.said().splitlines() if not re.match(r"\d\d:\d\d:\d\d  |  (added|changed) ", line)]
    assert lines
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []
    assert '"event": "run_ended"' in site.said()
    assert json.loads(lines[-1])["sentence"] == "Stopped."

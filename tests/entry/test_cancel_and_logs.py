"""`trigger`, `cancel` and `logs`; real Redis, real sandbox."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.run import RunState


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def test_a_cancelled_run_is_told_audited_and_never_begun(here: CommandLine) -> None:
    key = here.document_of("trigger", "asked")["key"]
    result = here.call("cancel", key)
    assert (result.exit_code, result.stdout) == (0, f"{key} is cancelled. Nothing of it is sent.\n")
    assert here.stands(key).state is RunState.SKIPPED
    assert "Somebody cancelled the run." in here.call("explain", key).stdout
    (newest, *_) = here.document_of("audit")
    assert (newest["act"], newest["before"], newest["after"]) == ("cancel", {"state": "claimed"}, {"deliveries": "0"})
    again = here.call("cancel", key)
    assert (again.exit_code, again.stderr.count("\n")) == (2, 1)
    assert "is skipped; only a run that is claimed, fetching or delivering can be cancelled" in again.stderr


WAITS = "No worker reported in the last 30 seconds. One that has just started takes the run soon; if none runs, start "


def test_trigger_says_that_no_worker_reported_and_what_to_start(here: CommandLine) -> None:
    alone = here.call("trigger", "asked")
    assert (alone.exit_code, alone.stdout.count("\n")) == (0, 1)
    assert alone.stderr == f"{WAITS}`funnelbeat --project {here.place} up`.\n"
    here.ask(lambda services: services.heartbeats.say_alive("clock", "here", 1))
    assert here.call("trigger", "asked").stderr == alone.stderr, "a clock does not run it"
    here.ask(lambda services: services.heartbeats.say_alive("worker", "here", 2))
    assert here.call("trigger", "asked").stderr == ""


def test_the_facts_of_a_run_are_printed_oldest_first(here: CommandLine) -> None:
    first, second = here.run(), here.run()
    text = here.call("logs", first).stdout
    assert [re.sub(r" \(.*\)", "", line.split("  ")[2]) for line in text.splitlines()] == [
        "run claimed",
        "run begun",
        "deals is answered, 40 rows",
        "delivery begun",
        "sent: sales@acme.example",
        "sent: held@acme.example",
        "delivered",
    ]
    told = here.document_of("logs", second)["events"]
    assert {one["run"] for one in told} == {second}
    assert [one["event"] for one in told][-1] == "run_ended"
    newest = here.document_of("logs", "-n", "2")["events"]
    assert newest == told[-2:]
    assert here.document_of("logs", "--schedule", "nobody")["events"] == []


def follow(here: CommandLine, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "worker.entry", "--project", str(here.place), "logs", "--follow", *words]
    with default_interrupt():
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def default_interrupt() -> Iterator[None]:
    """A shell starts what is in its background with SIGINT ignored, and a child takes that over."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_follows_a_run_is_done_when_it_has_ended(here: CommandLine) -> None:
    key = here.document_of("trigger", "asked")["key"]
    following = follow(here, key, "--json")
    assert following.stdout is not None
    assert json.loads(following.stdout.readline())["event"] == "run_claimed"
    here.call("cancel", key)
    rest, wrong = following.communicate(timeout=PATIENCE)
    assert [json.loads(line)["event"] for line in rest.splitlines()] == ["run_ended"]
    assert (following.returncode, wrong) == (0, "")


def test_who_follows_everything_sees_what_happens_until_ctrl_c(here: CommandLine) -> None:
    following = follow(here, "-n", "0")
    seen, output = list[str](), following.stdout
    assert output is not None
    reader = threading.Thread(target=lambda: seen.append(output.readline()))
    reader.start()
    while reader.is_alive():  # it follows from the newest fact on, once it has started
        here.call("trigger", "asked")
        reader.join(0.5)
    following.send_signal(signal.SIGINT)
    _, wrong = following.communicate(timeout=PATIENCE)
    assert "run claimed" in seen[0]
    assert (following.returncode, wrong) == (0, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("asked@latest", "--schedule", "asked"), "--schedule beside RUN"),
        (("asked@latest",), "asked has no run yet"),
    ],
)
def test_what_cannot_be_followed_is_refused(here: CommandLine, words: tuple[str, ...], said: str) -> None:
    result = here.call("logs", *words)
    assert (result.exit_code, said in result.stderr) == (2, True)

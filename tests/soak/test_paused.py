"""Processes that are stopped past their leases and go on: a clock, a worker, and one exactly between check and send."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.counts import Fate, counts_of, wait_until_closed
from tests.soak.schedules import TIMES, rare
from tests.support.child_processes import children_of, send_signal
from tests.support.installation import Installation, installation
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunKey, RunState
from worker.flow.operate.on_demand import request
from worker.flow.services import Services

pytestmark = pytest.mark.alone

PROJECT = """
project: acme
connections:
  close: {type: sandbox}
channels:
  mail: {type: sandbox}
  chat: {type: sandbox}
  hook: {type: slack, webhook_url: "WEBHOOK"}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""
HEAD = """
name: Asked for
when: {every: EVERY}
within: 5m
report:
  - {id: deals, source: close, query: opportunities, follow: closed,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}
digest: {bridge: deals}
to:
"""
READERS = {
    "mail": "  - {id: team, channel: mail, address: sales@acme.example}\n",
    "chat": "  - {id: room, channel: chat, address: C0123456789}\n",
    "hook": "  - {id: hook, channel: hook}\n",
}
ASKED = HEAD.replace("EVERY", "23h")
SCHEDULES = {name: ASKED + reader for name, reader in READERS.items()} | {"all": ASKED + "".join(READERS.values())}
PAST_EVERY_LEASE = 2 * max(TIMES.run_lease, TIMES.delivery_lease)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    place = tmp_path_factory.mktemp("paused")
    with installation(place, clocks=2, workers=2, project=PROJECT, schedules=SCHEDULES, times=TIMES) as everything:
        yield everything


def asked_for(here: Installation, schedule: str) -> RunKey:
    here.box.call(lambda box: box.pipeline.step(box.now()))

    async def ask(services: Services) -> RunKey:
        key = await request(services, schedule, None, None)
        await services.queue.produce([key], on_demand=True)
        return key

    return here.ask(ask, queue=True)


def stopped(here: Installation) -> int | None:
    """The clock or child of a worker that a signal stopped (proc(5): state T)."""
    pids = [*here.processes.pids("clock"), *(c for w in here.processes.pids("worker") for c in children_of(w))]
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        if fields[0] == "T":
            return pid
    return None


def fates(here: Installation, key: RunKey) -> list[Fate]:
    return [fate for fate in counts_of(here).fates if fate.run.key == key]


def goes_on(here: Installation, pid: int, schedule: str) -> None:
    """What was stopped is let go, and has done whatever it meant to do when two later runs have ended."""
    send_signal(pid, signal.SIGCONT)
    here.until(lambda: True if stopped(here) is None else None)
    for _ in range(2):
        later = asked_for(here, schedule)
        here.until(lambda key=later: here.closed(key))  # type: ignore[misc]  # bound now, not when it is called


@pytest.mark.slow
@pytest.mark.parametrize("point", [rare("run.fetched"), rare("delivery.sending"), "delivery.checked"])
@pytest.mark.parametrize("schedule", list(READERS))
def test_a_worker_stopped_before_its_send_sends_nothing_when_it_goes_on(
    here: Installation, schedule: str, point: str
) -> None:
    here.arm(point, "SIGSTOP")
    key = asked_for(here, schedule)
    pid = here.until(lambda: stopped(here))
    run = here.until(lambda: here.closed(key))
    goes_on(here, pid, schedule)
    assert run.state is RunState.DELIVERED
    (fate,) = fates(here, key)
    assert fate.row.state is DeliveryState.SENT
    assert fate.copies == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", list(READERS))
def test_a_worker_stopped_after_its_send_leaves_one_message_or_a_repeat_that_is_counted(
    here: Installation, schedule: str
) -> None:
    here.arm("delivery.accepted", "SIGSTOP")
    key = asked_for(here, schedule)
    pid = here.until(lambda: stopped(here))
    here.until(lambda: here.closed(key))
    goes_on(here, pid, schedule)
    (fate,) = fates(here, key)
    assert fate.row.state is DeliveryState.SENT
    assert fate.copies == ((1, 1) if schedule == "chat" else (2, 2))
    assert fate.counted == (schedule != "chat")


@pytest.mark.slow
def test_a_whole_worker_stopped_in_the_middle_of_its_work_loses_nothing_and_repeats_nothing_silently(
    here: Installation,
) -> None:
    keys = [asked_for(here, name) for name in ("all", "mail", "chat", "hook")]
    parent = here.processes.pids("worker")[0]
    send_signal(parent, signal.SIGSTOP, group=True)
    time.sleep(PAST_EVERY_LEASE)
    send_signal(parent, signal.SIGCONT, group=True)
    keys.append(asked_for(here, "all"))
    wait_until_closed(here, 60.0)
    for fate in [fate for key in keys for fate in fates(here, key)]:
        assert not fate.lost
        assert not fate.silent
        assert fate.kind != "slack token" or not fate.repeated


@pytest.mark.slow
@pytest.mark.parametrize("point", ["run.due", rare("run.claimed"), rare("run.swept"), rare("run.published")])
def test_a_clock_stopped_past_every_lease_claims_no_slot_twice_when_it_goes_on(here: Installation, point: str) -> None:
    name = f"timed-{point.partition('.')[2]}"
    here.write(name, HEAD.replace("EVERY", "2s") + "".join(READERS.values()))
    here.deploy()
    if point == "run.swept":
        here.arm("run.fetching")  # leaves a lapsed lease to be swept
    here.arm(point, "SIGSTOP")
    pid = here.until(lambda: stopped(here))
    time.sleep(PAST_EVERY_LEASE)
    send_signal(pid, signal.SIGCONT)
    time.sleep(1.0)
    here.write(name, HEAD.replace("EVERY", "23h") + "".join(READERS.values()))
    here.deploy()
    wait_until_closed(here, 60.0)
    found = counts_of(here)
    of_it = found.of(name)
    slots = [run.key.slot for run in found.runs if run.key.schedule == name]
    assert len(slots) == len(set(slots)) >= 3
    assert [fate.row.key for fate in of_it if fate.lost or fate.silent] == []
    assert [fate.row.key for fate in of_it if fate.kind == "slack token" and fate.repeated] == []

"""Acts as every door offers them: done, and then on the audit list."""

from collections.abc import Callable, Coroutine, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fakes import HOUR, KEY, NOW, RUN, Audited, Called, Emitted, FixedClock, uses
from worker.domain.access import Actor, Door
from worker.domain.run import RunKey, RunState
from worker.errors import RequestError
from worker.flow.operate.acts import (
    cancel_run,
    claim_run,
    forget_subject,
    pause_reader,
    pause_schedule,
    resume_reader,
    resume_schedule,
    retry_run,
    settle_unknown,
    subscribe,
    trigger,
    unsubscribe,
)
from worker.flow.operate.retry import Retried
from worker.ports import CancelResult

CI = Actor(Door.API, "ci")


class Queued:
    def __init__(self) -> None:
        self.keys = list[RunKey]()

    async def produce(self, keys: Sequence[RunKey], *, on_demand: bool = False) -> None:
        self.keys += keys if on_demand else ()


def parts() -> Any:
    return uses(audit=Audited(), clock=FixedClock(), queue=Queued(), lookups=None, events=Emitted())


ROW = SimpleNamespace(key=KEY, state="sent", reader=SimpleNamespace(id="team|team@acme.example"), answers=3)
ENDED = CancelResult(RunState.FETCHING, 0, ())
MADE = SimpleNamespace(record=ROW)

TEAM = f"weekly {ROW.reader.id}"
Act = Callable[[Any], Coroutine[Any, Any, Any]]

ACTS: dict[str, tuple[Act, str, Any, str]] = {
    "run": (lambda here: claim_run(here, CI, "weekly", None), "request", RUN.key, "weekly"),
    "trigger": (lambda here: trigger(here, CI, "weekly"), "request", RUN.key, "weekly"),
    "pause": (lambda here: pause_schedule(here, CI, "weekly", NOW), "pause", None, "weekly"),
    "resume": (lambda here: resume_schedule(here, CI, "weekly"), "resume", True, "weekly"),
    "cancel": (lambda here: cancel_run(here, CI, "weekly@latest"), "cancel", ENDED, str(RUN.key)),
    "retry": (lambda here: retry_run(here, CI, "weekly@latest"), "retry", Retried((KEY,)), str(RUN.key)),
    "deliveries settle": (lambda here: settle_unknown(here, CI, "k", arrived=True), "settle", ROW, str(KEY)),
    "forget": (lambda here: forget_subject(here, CI, "ann@acme.example"), "forget", ROW, "an address or a row"),
    "subscriptions add": (lambda here: subscribe(here, CI, "weekly", {}), "subscriptions.add", MADE, TEAM),
    "subscriptions remove": (lambda here: unsubscribe(here, CI, "weekly", "a"), "subscriptions.remove", ROW, TEAM),
    "subscriptions pause": (lambda here: pause_reader(here, CI, "weekly", "a", None), "subscriptions.pause", ROW, TEAM),
    "subscriptions resume": (
        lambda here: resume_reader(here, CI, "weekly", "a"),
        "subscriptions.resume",
        (ROW, True),
        TEAM,
    ),
}
"""By the word on the audit list: the act, the function that does it with its answer, and the subject."""


def doing(monkeypatch: pytest.MonkeyPatch, name: str, answer: Any) -> Called:
    done = Called(answer)
    monkeypatch.setattr(f"worker.flow.operate.acts.{name}", done)
    monkeypatch.setattr("worker.flow.operate.acts.find_run", Called(RUN))
    return done


async def test_the_run_of_a_missed_slot_is_recorded_as_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    done, here = doing(monkeypatch, "request_missed", RUN.key), parts()
    assert await claim_run(here, CI, "weekly", None, NOW) == RUN.key
    assert (len(done.calls), [one.act for one in here.audit.records]) == (1, ["run"])


@pytest.mark.parametrize("word", ACTS)
async def test_an_act_is_done_once_and_recorded(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    act, name, answer, subject = ACTS[word]
    done, here = doing(monkeypatch, name, answer), parts()
    await act(here)
    assert len(done.calls) == 1
    assert [(one.act, one.subject, one.who, one.door) for one in here.audit.records] == [
        (word, subject, "ci", Door.API)
    ]


@pytest.mark.parametrize("word", ACTS)
async def test_what_is_refused_is_not_recorded(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    act, name, _, _ = ACTS[word]
    here = parts()
    doing(monkeypatch, name, RequestError("no"))
    with pytest.raises(RequestError):
        await act(here)
    assert here.audit.records == []


async def test_a_triggered_run_is_published_first_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    here = parts()
    doing(monkeypatch, "request", RUN.key)
    assert await trigger(here, CI, "weekly", NOW - HOUR, "monday") == RUN.key
    assert here.queue.keys == [RUN.key]


async def test_what_changed_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    here = parts()
    doing(monkeypatch, "settle", ROW)
    assert (await settle_unknown(here, CI, str(KEY), arrived=True)).state == "sent"
    [one] = here.audit.records
    assert (one.before, one.after) == ({"state": "unknown"}, {"state": "sent"})

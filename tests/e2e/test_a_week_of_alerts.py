"""A week of a sales team that is told of deals that stall: real Redis, a real worker, a real mail server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.support.installation import Installation, installation
from worker.domain.access import Actor, Door
from worker.domain.reason import Reason
from worker.domain.run import Run, RunState
from worker.flow.alert.acts import acknowledge
from worker.flow.alert.current import current
from worker.flow.alert.explain import explain_run
from worker.flow.operate.on_demand import request
from worker.flow.services import Services
from worker.sandbox.cast import ACTIONS
from worker.sandbox.events import Created, Event, Revived, Stalled, Won
from worker.sandbox.outbox import Received
from worker.sandbox.pipeline import PipelineSimulation

WATCH = """
name: Stalled watch
when: {every: 23h}
report:
  - id: stalled
    source: close
    query: opportunities
    follow: departures
    params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active, is_stalled: true}
alerts:
  - id: big-deal-stalled
    name: A big deal stalls
    for_each: stalled
    if: row.value >= 50000
    repeat: 1s
    notify: [{id: team, channel: mail, address: sales@acme.example}]
"""
FIRST, SECOND, THIRD = "oppo_first", "oppo_second", "oppo_third"
NAMES = {FIRST: "Harbour Lights", SECOND: "Northgate Tools", THIRD: "Willow Farm Dairy"}


def team() -> PipelineSimulation:
    """Three deals of 80,000 that go well."""
    began = datetime.now(UTC) - timedelta(days=30)
    made = PipelineSimulation(1, began, history=False)
    for name, lead in NAMES.items():
        deal = replace(made.draft(began), id=name, lead=lead, value=8_000_000, period="one_time")
        made.apply(Created(at=began, deal=name, start=deal))
    return made


@dataclass
class Week:
    here: Installation
    read: int = 0

    def happens(self, *events: type[Event], deal: str) -> None:
        def move(box: object) -> None:
            pipeline, now = box.pipeline, box.now()  # type: ignore[attr-defined]
            for event in events:
                more = {"action": ACTIONS[0]} if event is Stalled else {}
                pipeline.apply(event(at=now, deal=deal, **more))

        self.here.box.call(move)

    def watch(self) -> Run:
        """One run, by a worker."""

        async def ask(services: Services) -> object:
            key = await request(services, "watch", None, None)
            await services.queue.produce([key], on_demand=True)
            return key

        key = self.here.ask(ask, queue=True)
        return self.here.until(lambda: self.here.closed(key))  # type: ignore[arg-type]

    def mails(self, address: str) -> list[tuple[str, str]]:
        """Subject and text of what arrived there since it was read last."""
        items = self.here.box.call(lambda box: box.outbox.of("eml"))[self.read :]
        self.read += len(items)
        return to(address, items)

    def no_data(self, words: str = "No data") -> list[tuple[str, str]]:
        """What the operator was told of the rule. `words`: how the subject begins."""
        told = to("ops@acme.example", self.here.box.call(lambda box: box.outbox.of("eml")))
        return [one for one in told if "A big deal stalls" in one[1] and one[0].startswith(words)]

    def noticed(self, *words: str) -> bool:
        """Whether the operator was sent a notice of each kind. `words`: how the subjects begin."""
        told = [subject for subject, _ in to("ops@acme.example", self.here.box.call(lambda box: box.outbox.of("eml")))]
        return all(any(subject.startswith(word) for subject in told) for word in words)


def to(address: str, items: Sequence[Received]) -> list[tuple[str, str]]:
    read = [message_from_bytes(item.body, policy=policy.default) for item in items]
    return [
        (str(one["subject"]), one.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        for one in read
        if address in str(one["to"])
    ]


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    with installation(tmp_path / "acme", team(), schedules={"watch": WATCH}) as everything:
        yield Week(everything)


def test_a_week_of_a_sales_team(week: Week) -> None:
    ann = Actor(Door.CLI, "Ann")

    # Monday: nothing stalls, and nobody hears anything.
    quiet = week.watch()
    assert (quiet.state, quiet.reason) == (RunState.SKIPPED, Reason.NO_ALERT)

    # Tuesday: a deal of 80,000 stalls and is named once. Ann says that she knows.
    week.happens(Stalled, deal=FIRST)
    week.watch()
    [(subject, text)] = week.mails("sales@acme.example")
    assert "Harbour Lights" in subject + text
    assert "80,000" in subject + text

    async def acked(services: Services) -> None:
        [row] = await current(services)
        await acknowledge(services, ann, row.fingerprint, "I call them")

    week.here.ask(acked)
    assert week.watch().reason is Reason.NO_ALERT
    assert week.mails("sales@acme.example") == []

    # A second one joins and is named as new; the first is no news.
    week.happens(Stalled, deal=SECOND)
    joined = week.watch()
    [(subject, text)] = week.mails("sales@acme.example")
    assert "Northgate Tools" in subject
    assert "Harbour Lights" not in subject

    # Wednesday: the service is down. That resolves nothing; after three runs the operator hears it, once.
    week.here.box.call(lambda box: box.faults.arm("GET *opportunity*", "status", times=500, status=404))
    for _ in range(4):
        assert week.watch().state is RunState.FAILED
    week.here.box.call(lambda box: box.faults.clear())
    week.here.until(lambda: week.no_data() or None)

    async def still(services: Services) -> set[str]:
        return {row.subject for row in await current(services) if row.state.facts.key in NAMES}

    assert week.here.ask(still) == {FIRST, SECOND}

    # Thursday: both recover, said once. A third stalls and is won while it fires: told as won.
    week.happens(Revived, deal=FIRST)
    week.happens(Revived, deal=SECOND)
    week.happens(Stalled, deal=THIRD)
    recovered = week.watch()
    # The operator's notices are sent beside the runs: the mails below are read once all of them are there.
    week.here.until(lambda: week.noticed("Failed", "No data", "An alert has data again", "Over") or None)
    said = week.mails("@acme.example")
    [(subject, text)] = [one for one in said if "Willow Farm Dairy" in "".join(one)]
    assert text.count("Harbour Lights") >= 1
    assert text.count("Northgate Tools") >= 1
    week.happens(Won, deal=THIRD)
    won = week.watch()
    [(subject, text)] = week.mails("sales@acme.example")
    assert "won" in (subject + text).lower()
    assert "Harbour Lights" not in subject + text
    assert week.watch().reason is Reason.NO_ALERT
    assert week.mails("@acme.example") == []
    assert len(week.no_data()) == 1
    assert len(week.no_data("An alert has data again")) == 1
    assert_told(week.here, joined, recovered, won)


def assert_told(here: Installation, joined: Run, recovered: Run, won: Run) -> None:
    """What the ledger says of the same runs, and that each reason was told or kept."""

    async def told(services: Services) -> list[list[tuple[str, str]]]:
        found = []
        for run in (joined, recovered, won):
            [row] = [one for one in await services.lookups.deliveries(run.key) if one.content]
            one = await services.alerts.notification(run.key, row.content)
            explained = await explain_run(services, run.key)
            assert one is not None
            assert explained is not None
            assert explained.balance.even
            found.append([(finding.facts.key, f"{finding.reason.value} {finding.why}") for finding in one.findings])
        return found

    second, thursday, last = here.ask(told)
    assert second == [(SECOND, "new ")]
    assert sorted(thursday) == [
        (FIRST, "resolved revived touched"),
        (SECOND, "resolved revived touched"),
        (THIRD, "new "),
    ]
    assert last == [(THIRD, "resolved won")]

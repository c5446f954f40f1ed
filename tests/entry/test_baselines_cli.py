"""`baselines list` and `baselines reset`, as a person or a script uses them; real Redis, real mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryKey, DeliveryState
from worker.domain.events import BaselinesReset, Fact
from worker.entry import console
from worker.entry.cli import app
from worker.flow.operate.on_demand import request
from worker.flow.operate.reset_baselines import Selection, plan_reset, reset
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.flow.services import Services

TEAM, HELD = "team|sales@acme.example", "held|held@acme.example"


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def slot(run: str) -> str:
    return run.split("@")[1].split("+", maxsplit=1)[0]


def compared(here: CommandLine) -> dict[str, str | None]:
    """Reader → the slot that its next digest is compared with."""
    return {row["reader"]: row["slot"] for row in here.document_of("baselines", "list", "asked")["baselines"]}


def past(here: CommandLine, run: str) -> dict[str, Any]:
    return {row["reader"]: row["past"]["deals"] for row in here.document_of("explain", run)["deliveries"]}


def test_a_reset_is_told_before_and_the_next_digest_compares_with_nothing(here: CommandLine) -> None:
    first, second = here.run(), here.run()
    assert compared(here) == {TEAM: slot(second), HELD: slot(second)}
    seen = here.call("baselines", "reset", "asked", "--yes")
    assert seen.exit_code == 0, seen.output
    assert "The next digest of 2 readers of asked will be compared with nothing." in seen.stderr
    assert f"  {TEAM}  deals  was {slot(second)}" in seen.stderr
    assert seen.stdout == "Reset 2 baselines.\n"
    assert compared(here) == {TEAM: None, HELD: None}
    assert "nothing" in here.call("baselines", "list", "asked").stdout
    third = here.run()
    assert {one["reason"] for one in past(here, third).values()} == {"reset"}
    assert first != second
    assert past(here, here.run())[TEAM]["slot"] == slot(third)


def test_one_reader_is_set_back_to_an_earlier_run(here: CommandLine) -> None:
    first, second = here.run(), here.run()
    document = here.document_of("baselines", "reset", "asked", "--reader", "sales@acme.example", "--to", first, "--yes")
    assert document["changed"] == [{"reader": TEAM, "query": "deals", "was": slot(second), "now": slot(first)}]
    assert (document["run"], document["unchanged"], document["on_their_way"]) == (first, [], [])
    assert compared(here) == {TEAM: slot(first), HELD: slot(second)}
    run = here.run()
    assert {reader: one["slot"] for reader, one in past(here, run).items()} == {TEAM: slot(first), HELD: slot(second)}


def test_who_was_not_sent_a_run_is_not_compared_with_it(here: CommandLine) -> None:
    assert here.box is not None
    here.box.call(lambda box: box.mail.faults.drop(to="held@acme.example"))
    first, second = here.run(), here.run()
    document = here.document_of("baselines", "reset", "asked", "--to", first, "--yes")
    assert [row["reader"] for row in document["changed"]] == [TEAM]
    sentence = f"{first} was not sent to this reader"
    assert document["unchanged"] == [{"reader": HELD, "query": "deals", "sentence": sentence}]
    assert compared(here) == {TEAM: slot(first), HELD: slot(second)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nope", "--yes"), "no schedule 'nope' is deployed"),
        (("asked", "--query", "dealz", "--yes"), "--query: found 'dealz'; asked has deals"),
        (("asked", "--reader", "nobody@acme.example", "--yes"), "no reader that fits 'nobody@acme.example'"),
        (("asked", "--to", "asked@-7", "--yes"), "so there is no @-7"),
        (("asked",), "nothing was reset: nobody can be asked here; add --yes"),
        (("asked", "--json"), "nothing was reset: nobody can be asked with --json; add --yes"),
        (("asked", "--to", "asked@latest", "--yes"), "is compared with anything else now"),
    ],
)
def test_what_cannot_be_reset_is_one_sentence_and_changes_nothing(
    here: CommandLine, words: tuple[str, ...], says: str
) -> None:
    here.run()
    before = compared(here)
    seen = here.call("baselines", "reset", *words)
    assert (seen.exit_code, says in seen.output) == (2, True), seen.output
    assert compared(here) == before


@pytest.mark.parametrize("answer", ["n\n", "y\n"])
def test_on_a_terminal_somebody_is_asked(here: CommandLine, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    run = here.run()
    monkeypatch.setattr(console, "can_ask", lambda: True)
    words = ["--project", str(here.place), "baselines", "reset", "asked", "--reader", "team"]
    seen = CliRunner().invoke(app, words, input=answer, catch_exceptions=False)
    assert "Reset?" in seen.stderr
    assert compared(here)[TEAM] == (None if answer == "y\n" else slot(run))
    assert seen.exit_code == (0 if answer == "y\n" else 1)


def test_a_run_in_flight_is_sent_as_it_was_decided_and_the_one_after_it_compares_with_nothing(
    here: CommandLine,
) -> None:
    """The worker has read the baselines of one delivery; another of the same run is still to be decided."""
    here.run()

    async def flight(services: Services) -> str:
        key = await request(services, "asked", None, None)
        rows = {k.reader: k for k in await produce(services, key)}
        plan = await plan_reset(services, Selection("asked"), None)
        going: list[DeliveryKey] = []

        async def then_reset(*words: Any) -> Any:
            if not going:
                going.extend(await reset(services, plan))
            return await transmit(*words)

        transmit = services.transmit
        object.__setattr__(services, "transmit", then_reset)
        assert await deliver(services, rows[TEAM]) is DeliveryState.SENT
        object.__setattr__(services, "transmit", transmit)
        assert going == [rows[TEAM]], "it was being sent when somebody reset"
        assert await deliver(services, rows[HELD]) is DeliveryState.SENT
        return str(key)

    key = here.ask(flight)
    document = past(here, key)
    assert "slot" in document[TEAM], "decided before: compared with the digest before it"
    assert document[HELD]["reason"] == "reset"
    assert compared(here) == {TEAM: None, HELD: slot(key)}
    after = past(here, here.run())
    assert (after[TEAM]["reason"], after[HELD]["slot"]) == ("reset", slot(key))


def test_a_reset_is_a_fact(here: CommandLine) -> None:
    here.run()
    facts: list[Fact] = []

    class Events:
        def emit(self, fact: Fact) -> None:
            facts.append(fact)

    async def act(services: Services) -> None:
        object.__setattr__(services, "events", Events())
        await reset(services, await plan_reset(services, Selection("asked", query="deals"), None))

    here.ask(act)
    assert facts == [BaselinesReset(None, "asked", 2)]

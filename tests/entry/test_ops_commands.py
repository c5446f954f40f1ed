"""An operator at the command line: retry, deliveries, settle, explain, forget; real Redis, real mail server."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from redis import Redis

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryKey, DeliveryState, Reader
from worker.domain.outcome import Unknown
from worker.domain.run import RunState
from worker.flow.services import Services
from worker.sandbox.mail import MailFaults

TEAM, HELD, EVE = "sales@acme.example", "held@acme.example", "eve@acme.example"


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def faults(here: CommandLine) -> MailFaults:
    assert here.box is not None
    return here.box.call(lambda box: box.mail.faults)


def mails(here: CommandLine) -> int:
    """Digests; a notice to the operator is none."""
    assert here.box is not None
    return here.box.call(lambda box: sum("ops@" not in item.meta["to"] for item in box.outbox.of("eml")))


def baselines(here: CommandLine, entry: str, address: str) -> set[str]:
    """The stored answers that this reader was sent last."""

    async def look(services: Services) -> set[str]:
        held = await services.runs.baselines([Reader("asked", entry, address)])
        return {baseline.snapshot for queries in held.values() for baseline in queries.values()}

    return here.ask(look)


def answer(here: CommandLine, run: str) -> str:
    return dict(here.stands(run).snapshots)["deals"]


def test_deliveries_have_heads_and_name_an_address_once_as_it_can_be_written_back(here: CommandLine) -> None:
    """The reader was "mail:eve@acme.example|eve@acme.example"."""
    assert here.call("deliveries", "--state", "unknown").stdout == "No delivery is unknown among the last 100 runs.\n"
    assert here.call("subscriptions", "add", "asked", "--channel", "mail", "--address", EVE).exit_code == 0
    assert f"  mail:{EVE}  " in here.call("subscriptions", "list").stdout
    run = here.run()
    heads, *rows = here.call("deliveries").stdout.splitlines()
    assert heads.split("  ")[0] == "Delivery"
    assert heads.endswith("State and why")
    [eves] = [row.split("  ")[0] for row in rows if EVE in row]
    assert eves == f"{run}/mail:{EVE}"
    assert f"mail:{EVE}|" not in here.call("show", run).stdout + here.call("explain", run).stdout
    refused = here.call("deliveries", "settle", eves, "sent")
    assert "has no reader" not in refused.output
    assert refused.exit_code == 2


def test_what_was_refused_is_sent_after_a_retry_and_what_was_sent_is_not(here: CommandLine) -> None:
    faults(here).refuse(TEAM, 550)
    run = here.run()
    assert (here.stands(run).state, mails(here)) == (RunState.PARTIAL, 1)
    key = str(here.row(run, "team").key)
    assert here.document_of("retry", run) == {"run": run, "deliveries": [key], "left_out": {}}
    assert here.bring(key) is DeliveryState.SENT
    assert (here.stands(run).state, mails(here)) == (RunState.DELIVERED, 2)
    assert baselines(here, "team", TEAM) == {answer(here, run)}
    nothing = here.call("retry", run)
    assert (nothing.exit_code, f"{run} has nothing to retry. Only a delivery that was" in nothing.stdout) == (0, True)


def test_a_retry_lifts_the_suspension_of_what_it_tries_again(here: CommandLine) -> None:
    faults(here).refuse(TEAM, 550)
    first = here.run()
    second = here.run()
    assert here.row(second, "team").reason == "suspended"
    here.call("retry", first)
    third = here.run()
    assert here.row(third, "team").state is DeliveryState.SENT
    assert here.row(first, "team").reason == "superseded"


def test_retry_says_with_which_template_a_failed_message_is_made_again(here: CommandLine) -> None:
    folder = here.place / "templates" / "pipeline"
    folder.mkdir(parents=True)
    (folder / "email.subject.j2").write_text("{{ 1 // 0 }}", encoding="utf-8")
    here.deploy()
    run = here.run()
    assert here.row(run, "team").reason == "render"
    assert "as it was deployed when the run began" in here.call("retry", run).stderr


def test_a_run_that_leaves_out_a_suspended_reader_does_not_end_as_if_all_was_well(here: CommandLine) -> None:
    """Exit status 0 says that everything was sent, or skipped by a rule that somebody wrote."""
    for address in (TEAM, HELD):
        faults(here).refuse(address, 550)
    here.run()
    with patch.dict("os.environ", {"FUNNELBEAT_SANDBOX": here.settings.sandbox}):
        again = here.call("run", "asked")
    assert (again.exit_code, again.stdout.count("skipped")) == (1, 3), again.stdout
    assert again.stdout.count("a new deployment tries it again") == 2


def unknown(here: CommandLine) -> tuple[str, str]:
    """A run whose mail to the reader on hold may or may not have arrived."""
    faults(here).drop(to=HELD)
    run = here.run()
    key = str(here.row(run, "held").key)

    async def wait_is_over(services: Services) -> None:
        row = await services.lookups.delivery(DeliveryKey.parse(key))
        assert row is not None
        await services.deliveries.settle(row.key, row.attempt, Unknown())

    here.ask(wait_is_over)
    return run, key


def test_an_unknown_delivery_that_arrived_moves_the_baseline(here: CommandLine) -> None:
    run, key = unknown(here)
    assert here.stands(run).state is RunState.PARTIAL
    (listed,) = here.document_of("deliveries", "--state", "unknown")
    assert (listed["key"], listed["held"]) == (key, True)
    settled = here.document_of("deliveries", "settle", key, "sent")
    assert (settled["state"], settled["reason"]) == ("sent", "settled")
    assert here.stands(run).state is RunState.DELIVERED
    assert baselines(here, "held", HELD) == {answer(here, run)}


def test_an_unknown_delivery_that_did_not_arrive_is_sent_again_under_the_same_identity(here: CommandLine) -> None:
    run, key = unknown(here)
    before = here.row(run, "held")
    assert baselines(here, "held", HELD) == set()
    assert here.document_of("deliveries", "settle", key, "not-sent")["state"] == "pending"
    assert here.bring(key) is DeliveryState.SENT
    after = here.row(run, "held")
    assert (after.parts[0].sha256, after.date) == (before.parts[0].sha256, before.date)
    assert here.stands(run).state is RunState.DELIVERED


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("asked@latest/team|sales@acme.example", "sent"), "only an unknown delivery can be settled"),
        (("asked@latest/nobody|x", "sent"), "has no reader"),
        (("nonsense", "sent"), "write RUN/READER"),
        (("asked@latest/team|sales@acme.example", "perhaps"), "expected sent or not-sent"),
    ],
)
def test_a_word_on_what_is_not_unknown_is_refused(here: CommandLine, words: tuple[str, str], sentence: str) -> None:
    here.run()
    done = here.call("deliveries", "settle", *words)
    assert done.exit_code == 2
    assert sentence in done.output


def test_explain_says_why_it_was_sent_and_with_what_it_was_compared(here: CommandLine) -> None:
    first, second = here.run(), here.run()
    told = here.document_of("explain", first)
    assert [row["past"]["deals"]["reason"] for row in told["deliveries"]] == ["first", "first"]
    assert {row["decision"] for row in here.document_of("explain", second)["deliveries"]} == {"requested"}
    lines = here.call("explain", second).stdout
    assert f"deals compared with the digest of {first.split('@')[1].split('+')[0]}" in lines
    assert "Somebody asked for this run." in lines


def test_explain_finds_the_row_of_missed_slots_that_a_slot_stands_in(here: CommandLine) -> None:
    from_, to = "2026-11-16T09:00:00Z", "2026-11-18T09:00:00Z"
    last = int(datetime.fromisoformat(to).timestamp() * 1000)
    row = json.dumps(["asked", last - 2 * 86_400_000, last, 3, "too_late"])
    with Redis.from_url(here.redis.url) as client:
        for name in ("acme:missed", "acme:missed:asked"):
            client.zadd(name, {row: last})
    told = here.document_of("explain", "asked@2026-11-17T09:00:00Z")
    assert (told["state"], told["count"], told["reason"]) == ("missed", 3, "too_late")
    assert (told["first"], told["last"]) == (from_, to)
    assert "3 slots" in here.call("explain", f"asked@{to}").stdout
    assert here.call("explain", "asked@2026-11-19T09:00:00Z").exit_code == 2


def test_a_forgotten_reader_is_gone_and_told_where_it_is_still_named(here: CommandLine) -> None:
    run = here.run()
    told = here.document_of("forget", TEAM, "--yes")
    assert told == {
        "baselines": 1,
        "deliveries": 1,
        "suspensions": 0,
        "alerts": 0,
        "answers": 0,
        "subscriptions": 0,
        "still_named_by": ["asked"],
    }
    assert [row["reader"] for row in here.document_of("show", run)["deliveries"]] == [f"held|{HELD}"]
    assert here.call("replay", run).exit_code == 0
    assert here.document_of("explain", here.run())["deliveries"][1]["past"]["deals"]["reason"] == "subscribed"


def test_a_forgotten_deal_is_in_no_answer_and_replay_says_why_the_message_differs(here: CommandLine) -> None:
    first, second = here.run(), here.run()
    both = [answer(here, run) for run in (first, second)]

    async def listed_twice(services: Services) -> str:
        answers = [await services.snapshots.load(name) for name in both]
        return min(frozenset.intersection(*(found.members for found in answers if found is not None)))

    gone = here.ask(listed_twice)
    assert here.document_of("forget", gone, "--yes")["answers"] >= len(both)  # also in lists kept for other runs
    done = here.call("replay", second)
    assert done.exit_code == 1
    assert "had rows that were forgotten on request" in done.output
    assert here.document_of("forget", gone, "--yes")["answers"] == 0
    assert here.stands(here.run()).state is RunState.DELIVERED
    assert here.call("explain", first).exit_code == 0

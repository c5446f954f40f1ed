"""`diff`: what moved between two runs; real Redis, real sandbox."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.domain.builders import answer, deal, ms
from tests.support.command_line import CommandLine, command_line
from tests.support.fakes import RUN
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.diff.between import between
from worker.domain.schedule import Follow
from worker.domain.snapshot.scope import Scope
from worker.domain.snapshot.snapshot import Row
from worker.entry.diff_command import SHOWN, report
from worker.flow.operate.compare_runs import RunComparison


@pytest.fixture(scope="module")
def here(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with command_line(module_redis, tmp_path_factory.mktemp("diff") / "project") as made:
        yield made


@pytest.fixture(scope="module")
def runs(here: CommandLine) -> tuple[str, str, str]:
    return here.run(), here.run(), here.run()


def query(document: Any, name: str) -> Any:
    return next(one for one in document["queries"] if one["query"] == name)


def test_two_runs_differ_by_the_bridge_and_the_rows_that_moved(here: CommandLine, runs: tuple[str, str, str]) -> None:
    first, second, _ = runs
    document = here.document_of("diff", first, second)
    assert (document["before"]["key"], document["after"]["key"]) == (first, second)
    deals = query(document, "deals")
    shown = here.document_of("show", second)["bridge"]
    in_minor = {
        currency: {name: int(one["amount"].replace(".", "")) for name, one in terms.items()}
        for currency, terms in deals["bridge"].items()
    }
    assert in_minor == shown  # the digest of the second run compared with the first
    joined = [one for one in deals["changes"] if one["change"] == "added"]
    left = [one for one in deals["changes"] if one["change"] == "removed"]
    assert joined
    assert left
    assert all(one["why"] and one["title"] for one in (*joined, *left))


def test_the_order_of_the_words_does_not_count_and_a_run_between_says_what_became_of_a_deal(
    here: CommandLine, runs: tuple[str, str, str]
) -> None:
    first, _, third = runs
    document = here.document_of("diff", third, first)
    assert document == here.document_of("diff", first, third)
    deals = query(document, "deals")
    assert [one["key"] for one in deals["changes"] if (one["why"] or "").startswith("unexplained")] == []
    for terms in deals["bridge"].values():
        assert terms["unexplained"]["amount"] in {"0", "0.00"}


def test_the_table_is_short_and_csv_has_a_line_for_every_change(here: CommandLine, runs: tuple[str, str, str]) -> None:
    first, second, _ = runs
    text = here.call("diff", first, second, "--limit", "2").stdout
    assert text.startswith(f"{first} → {second}\n")
    assert "Opening" in text
    assert "more; --limit, --csv and --json list them" in text
    whole = csv.DictReader(io.StringIO(here.call("diff", first, second, "--csv").stdout_bytes.decode("utf-8-sig")))
    rows = list(whole)
    changes = [one for one in here.document_of("diff", first, second)["queries"] for one in one["changes"]]
    assert len(rows) == len(changes) > 2
    assert all(not row[name].startswith(("=", "@", "+")) for row in rows for name in ("title", "before", "after"))


def test_what_did_not_move_says_so(here: CommandLine, runs: tuple[str, str, str]) -> None:
    still = here.run(moved=False)
    again = here.run(moved=False)
    text = here.call("diff", still, again).stdout
    assert "deals: nothing moved" in text
    assert [one["changes"] for one in here.document_of("diff", still, again)["queries"]] == [[], [], []]


def test_a_query_that_was_edited_is_not_compared(here: CommandLine, runs: tuple[str, str, str]) -> None:
    path = here.place / "schedules" / "asked.yaml"
    good = path.read_text("utf-8")
    path.write_text(
        good.replace("window: last-week", "window: last-week", 1).replace("active-stage-cohort", "created-cohort"),
        "utf-8",
    )
    here.deploy()
    try:
        edited = here.run()
        document = here.document_of("diff", runs[2], edited)
        assert query(document, "funnel")["not_compared"] == "query_changed"
        assert (
            "funnel: not compared: the query was changed between the runs" in here.call("diff", runs[2], edited).stdout
        )
    finally:
        path.write_text(good, "utf-8")
        here.deploy()


def printed(was: list[Row], now: list[Row], followed: list[Row] | None = None) -> list[str]:
    found = between("deals", answer(was), answer(now, followed=followed or []), Follow.CLOSED, Scope())
    text = "\n".join(report(RunComparison(RUN, RUN, (found,), "Europe/Berlin"), SHOWN))
    return [line.strip().replace("\xa0", " ") for line in text.splitlines()]


def at(hour: int, minute: int, second: int = 0) -> int:
    return ms(datetime(2026, 12, 1, hour, minute, second, tzinfo=UTC))


def test_rows_that_were_only_touched_are_counted_and_hide_nothing() -> None:
    names = [f"d{number:02}" for number in range(30)]
    was = [deal(name, updated_at=at(8, 0)) for name in names]
    now = [deal(name, updated_at=at(9, 0), stage="Offer" if name == "d29" else "Demo") for name in names]
    shown = printed(was, now)
    assert "~ Deal d29 (d29): stage Demo → Offer" in shown
    assert "29 rows were only touched: nothing but updated_at differs" in shown
    assert not [line for line in shown if "more; --limit" in line or "d28" in line]


def test_two_instants_of_one_day_are_shown_with_what_differs() -> None:
    was = [deal("a", closed_at=at(8, 0)), deal("b", closed_at=at(8, 0, 1)), deal("c", closed_at=at(8, 0))]
    now = [deal("a", closed_at=at(9, 30)), deal("b", closed_at=at(8, 0, 9)), deal("c", closed_at=at(8, 0) + 86_400_000)]
    assert [line for line in printed(was, now) if line.startswith("~")] == [
        "~ Deal a (a): closed_at Tue 1 Dec 2026, 09:00 CET → Tue 1 Dec 2026, 10:30 CET",
        "~ Deal b (b): closed_at Tue 1 Dec 2026, 09:00:01 → Tue 1 Dec 2026, 09:00:09",
        "~ Deal c (c): closed_at Tue 1 Dec 2026 → Wed 2 Dec 2026",
    ]


def test_a_deal_whose_value_was_lowered_before_it_was_won_shows_both_values() -> None:
    shown = printed([deal("a", 4_700_000)], [], [deal("a", 4_230_000, status="won")])
    assert "- Deal a (a) €47,000.00 → €42,300.00, won" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("asked@latest", "asked@latest"), "was given twice"),
        (("asked@latest", "other@latest"), "no schedule 'other' is deployed; deployed are: asked"),
        (("asked@latest", "asked@-99"), "so there is no @-99"),
        (("asked@latest", "asked@-1", "--csv", "--json"), "--csv beside --json"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(
    here: CommandLine, runs: tuple[str, str, str], words: tuple[str, ...], said: str
) -> None:
    result = here.call("diff", *words)
    assert (result.exit_code, said in result.output) == (2, True)

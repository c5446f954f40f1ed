"""`diff`: what moved between two runs; real Redis, real sandbox."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.command_line import CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis


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

"""Each of Slack's limits: the last that passes and the first that does not."""

from typing import Any

import pytest

from tests.support.slack_cases import CHART, MAIN, chart_block, table_block, text_block
from worker.channels.slack.limits import check


def post(*blocks: Any, text: str = "€1 open") -> dict[str, Any]:
    return {"text": text, "blocks": list(blocks)}


def header(length: int) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": "x" * length}}


def section(length: int, fields: int = 0) -> dict[str, Any]:
    some = {"fields": [{"type": "plain_text", "text": "f"}] * fields} if fields else {}
    return {"type": "section", "text": {"type": "plain_text", "text": "x" * length}, **some}


def context(count: int) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "plain_text", "text": "c"}] * count}


def grid(rows: int, columns: int, text: str = "t") -> dict[str, Any]:
    return table_block([[text] * columns for _ in range(rows)])


def chart(count: int, series: int = 1, title: str = "t") -> dict[str, Any]:
    labels = [f"c{n}" for n in range(count)]
    block = chart_block(labels, [1.0] * count)
    block["chart"]["series"] *= series
    return {**block, "title": title}


PAIRS = [
    (post(*[header(1)] * 50), post(*[header(1)] * 51), "51 blocks, at most 50"),
    (post(header(150)), post(header(151)), "151 characters, 1 to 150"),
    (post(section(3_000)), post(section(3_001)), "3001 characters, 1 to 3000"),
    (post(section(1, 10)), post(section(1, 11)), "11 fields, at most 10"),
    (post(context(10)), post(context(11)), "11 elements, 1 to 10"),
    (post(text="x" * 4_000), post(text="x" * 4_001), "4001 characters, 1 to 4000"),
    (post(header(1)), post(header(0)), "0 characters, 1 to 150"),
    (post(*[section(3_000)] * 4), post(*[section(3_000)] * 5), "characters in all, at most 13000"),
    (post(grid(100, 2)), post(grid(101, 2)), "101 rows, at most 100 with the head"),
    (post(grid(2, 20)), post(grid(2, 21)), "21 cells"),
    (post(grid(10, 2, "x" * 500)), post(grid(10, 2, "x" * 501)), "10020 characters in its cells, at most 10000"),
    (post(grid(2, 2)), post(grid(2, 2, "")), "row 1, cell 1: 0 characters"),
    (post(grid(1, 1)), post(grid(1, 1), grid(1, 1)), "one table in a message"),
    (post(grid(1, 2)), post(table_block([["a", "b"], ["c"]])), "row 2: 1 cells, the head has 2"),
    (post(text_block("x")), post(text_block("")), "0 characters"),
    (post(chart(20)), post(chart(21)), "21 categories, 1 to 20"),
    (post(chart(2, 6)), post(chart(2, 7)), "7 series, 1 to 6"),
    (post(chart(2, title="t" * 50)), post(chart(2, title="t" * 51)), "51 characters, 1 to 50"),
    (post(chart(1), chart(1)), post(chart(1), chart(1), chart(1)), "at most 2 charts"),
    (post(chart(2)), post(chart_block(["a", "a"], [1, 2])), "that differ"),
    (post(chart(2)), post(chart_block(["a", "b"], [1, float("nan")])), "nan is no number"),
    (
        post({**header(1), "block_id": "a"}, {**header(1), "block_id": "b"}),
        post({**header(1), "block_id": "a"}, {**header(1), "block_id": "a"}),
        "block_id 'a': used twice",
    ),
    (
        post({**header(1), "block_id": "a" * 255}),
        post({**header(1), "block_id": "a" * 256}),
        "256 characters, 1 to 255",
    ),
    (post(), {**post(), "link_names": True}, "link_names: a post has text and blocks only"),
    (post(header(1)), {"blocks": []}, "text: expected text"),
]


@pytest.mark.parametrize(("good", "bad", "complaint"), PAIRS)
def test_the_last_that_passes_and_the_first_that_does_not(good: Any, bad: Any, complaint: str) -> None:
    assert check(good) == ()
    assert complaint in "; ".join(check(bad))


def test_a_length_counts_characters_and_not_bytes() -> None:
    ships = {"type": "header", "text": {"type": "plain_text", "text": "🚢" * 150}}
    assert check(post(ships)) == ()


def test_the_shared_cases_are_within_the_limits() -> None:
    assert check(MAIN) == check(CHART) == ()


STRANGE = [
    {"text": "x", "blocks": {}},
    {"text": "x", "blocks": [7]},
    {"text": 7, "blocks": []},
    post({}),
    post({"type": 7}),
    post({"type": "header"}),
    post({"type": "context", "elements": 7}),
    post({"type": "context", "elements": [7]}),
    post({"type": "rich_text", "elements": [7]}),
    post({"type": "rich_text", "elements": [{"type": "link"}]}),
    post({"type": "table", "rows": 7}),
    post({"type": "table", "rows": []}),
    post({"type": "table", "rows": [[7]]}),
    post({"type": "table", "rows": [[{"type": "raw_text"}]]}),
    post({"type": "data_visualization", "title": "t"}),
    post({"type": "data_visualization", "title": "t", "chart": {"series": 7, "axis_config": 7}}),
    post({"type": "data_visualization", "title": "t", "chart": {"series": [7], "axis_config": {"categories": [{}]}}}),
    post({"type": "image"}),
]


@pytest.mark.parametrize("strange", STRANGE)
def test_a_template_that_writes_something_else_gets_a_complaint_and_no_crash(strange: Any) -> None:
    assert check(strange)

"""docs/guarantees.md names every fail point, every promise and only tests that exist."""

import re
from pathlib import Path

import pytest

from worker.decorators.fail_points import FAIL_POINTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))
PROMISES = range(1, 13)


def rows() -> list[list[str]]:
    """The cells of every row of every table but the heads."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "|---" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


@pytest.mark.parametrize("point", FAIL_POINTS)
def test_every_fail_point_has_its_row_with_a_test(point: str) -> None:
    (row,) = [row for row in rows() if row[0] == f"`{point}`" and len(row) == 5]
    assert all(row)
    assert "::test_" in row[-1]


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_its_row_with_a_test(promise: int) -> None:
    (row,) = [row for row in rows() if row[0].startswith(f"{promise} ") and len(row) == 6]
    assert "::test_" in row[-1]


def test_every_row_of_a_failure_names_a_test_or_a_number() -> None:
    heads = {"class", "killed", "killed at", "stopped", "failure", "promise", "what went wrong there"}
    for row in rows():
        if row[0] not in heads and "::" not in row[-1]:
            assert re.fullmatch(r"[\d,.]+", row[-1]), row


def test_no_row_names_a_fail_point_that_is_gone() -> None:
    named = {row[0].strip("`") for row in rows() if re.fullmatch(r"`(run|delivery|share)\.\w+`", row[0])}
    assert named == set(FAIL_POINTS)

"""README.md beside this file names a test for each fault that was found, and every test that it names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "tests" / "regressions" / "README.md").read_text(encoding="utf-8")


def cells() -> Iterator[tuple[str, str]]:
    """What went wrong, and the tests of it."""
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith("| What went wrong"):
            fault, _, tests = line.strip("| ").rpartition(" | ")
            yield fault, tests


def named() -> Iterator[tuple[str, str]]:
    """Files with a test in each; `::test_x` alone is of the file before it. A file without a test is one as a whole."""
    for _, tests in cells():
        file = ""
        for written in re.findall(r"`([^`]+)`", tests):
            path, _, name = written.partition("::")
            file = path or file
            yield file, name.partition("[")[0]


NAMED = sorted(set(named()))


def test_every_fault_has_a_test() -> None:
    assert [fault for fault, tests in cells() if not re.search(r"`(tests/[\w/]+\.py)?(::test_\w+)?", tests)] == []
    assert len(NAMED) > 100


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not name or re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)

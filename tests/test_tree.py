"""The tree keeps to its own words: no service's name in the middle, and one class name has one meaning."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

WORKER = Path(__file__).parents[1] / "worker"
MIDDLE = ("domain", "ports", "flow", "rendering", "documents")
VENDOR = re.compile(r'pipedrive|umami|slack|close\.com|"close"', re.IGNORECASE)
STILL_TWICE = frozenset({"AliveSide", "ClockSide", "DeliverySide", "RunSide"})
"""Class names that still stand for a port and for its part in Redis. Whoever cleans one takes it out of here, and
nobody puts one in.
"""


def naming_a_service(room: str) -> set[str]:
    found = (WORKER / room).rglob("*.py")
    return {str(path.relative_to(WORKER)) for path in found if VENDOR.search(path.read_text("utf-8"))}


@pytest.mark.parametrize("room", MIDDLE)
def test_no_service_is_named_in_the_middle(room: str) -> None:
    assert (WORKER / room).is_dir()
    assert naming_a_service(room) == set()


@pytest.fixture(scope="module")
def places() -> dict[str, list[str]]:
    """Public class name → files that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(WORKER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(str(path.relative_to(WORKER)))
    return found


def test_one_class_name_is_defined_once(places: dict[str, list[str]]) -> None:
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in STILL_TWICE} == {}


def test_what_may_still_be_defined_twice_is(places: dict[str, list[str]]) -> None:
    assert {name for name in STILL_TWICE if len(places[name]) < 2} == set()

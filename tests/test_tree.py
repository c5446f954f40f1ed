"""Names in the tree: shared layers name no service, and one class name has one meaning."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

WORKER = Path(__file__).parents[1] / "worker"
MIDDLE = ("domain", "ports", "flow", "rendering", "documents", "entry")
REGISTRY = "plugins.py"
"""The one module outside sources/, channels/ and sandbox/ that may name a service."""
VENDOR = re.compile(r'pipedrive|umami|slack|close\.com|"close"', re.IGNORECASE)


def naming_a_service(layer: str) -> set[str]:
    found = (path for path in (WORKER / layer).rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(WORKER)) for path in found if VENDOR.search(path.read_text("utf-8"))}


@pytest.mark.parametrize("layer", MIDDLE)
def test_no_service_is_named_in_the_middle(layer: str) -> None:
    assert (WORKER / layer).is_dir()
    assert naming_a_service(layer) == set()


def test_only_the_registry_names_services_at_the_top() -> None:
    """Modules beside the layers are the composition root. They ask the registry and name no service."""
    named = {path.name for path in WORKER.glob("*.py") if VENDOR.search(path.read_text("utf-8"))}
    assert named == {REGISTRY}


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
    assert {name: where for name, where in places.items() if len(where) > 1} == {}

"""What the code imports is declared: an installation holds nothing that only tests and tools bring."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.every_module import IMPORT_EVERY_MODULE

ROOT = Path(__file__).parents[1]
LOADED = f"""
import sys
before = set(sys.modules)
{IMPORT_EVERY_MODULE}
print(*{{name.split(".")[0] for name in set(sys.modules) - before}})
"""


@pytest.fixture(scope="module")
def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


@pytest.fixture(scope="module")
def owners() -> dict[str, set[str]]:
    """Top-level module → names of the distributions that bring it; neither the standard library nor ourselves."""
    found = metadata.packages_distributions()
    return {module: {canonicalize_name(name) for name in names} for module, names in found.items()}


def imports(path: Path) -> Iterator[str]:
    """Top-level modules that a file names, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_every_library_that_the_code_names_is_declared(
    declared: list[Requirement], owners: dict[str, set[str]]
) -> None:
    names = {canonicalize_name(requirement.name) for requirement in declared}
    used = {(module, path.name) for path in (ROOT / "worker").rglob("*.py") for module in imports(path)}
    ours = {(module, name) for module, name in used if module not in sys.stdlib_module_names and module != "worker"}
    assert {"celery", "redis", "yaml"} <= {module for module, _ in ours}
    assert {(module, name) for module, name in ours if not owners[module] & names} == set()


WITHOUT = {"psutil", "greenlet"}
"""Celery and structlog take them where they are installed, and do without them elsewhere (celery/utils/debug.py,
celery/utils/threads.py).
"""


def test_every_library_that_is_loaded_comes_with_what_is_declared(
    declared: list[Requirement], owners: dict[str, set[str]]
) -> None:
    """A library may import another that it asks for only through an extra, as kombu's transport for Redis does."""
    loaded = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    brought = set(brought_by(declared))
    foreign = [module for module in loaded.stdout.split() if module in owners and module != "worker"]
    assert {"celery", "redis", "kombu"} <= set(foreign)
    assert {module for module in foreign if not owners[module] & brought} - WITHOUT == set()


def brought_by(requirements: list[Requirement]) -> Iterator[str]:
    """Everything that an installer adds for these on this machine, extras counted where they are asked for."""
    waiting, seen = list(requirements), set[tuple[str, str]]()
    while waiting:
        requirement = waiting.pop()
        yield canonicalize_name(requirement.name)
        asked = {(requirement.name, extra) for extra in ("", *requirement.extras)} - seen
        seen |= asked
        waiting.extend(need for name, extra in asked for need in needs(name, extra))


def needs(name: str, extra: str) -> Iterator[Requirement]:
    for text in metadata.requires(name) or ():
        need = Requirement(text)
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield need

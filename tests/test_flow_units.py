"""Every public function of flow has a unit test of its own, without Redis and with small fakes.

`worker/flow/run/tick.py` is tested by `tests/flow/run/test_tick_unit.py`. A unit test module imports no adapter and
uses no shared fixture, so that nothing in it can reach Redis.
"""

import ast
import importlib
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from worker.flow.run.reader_digests import ReaderDigests
from worker.flow.run.shared_fetch import SharedFetches

TESTS = Path(__file__).parent
ROOT = TESTS.parent
FLOW = ROOT / "worker" / "flow"
FAKES = tuple(TESTS / "support" / name for name in ("fakes.py", "alert_fakes.py"))
LONGEST_FAKE = 15

INSIDE = ("worker.domain", "worker.flow", "worker.ports", "worker.errors", "worker.memo")
"""What a unit test may import of the project; besides these the fakes and the builders."""
MAKERS = ("tests.support.fakes", "tests.support.alert_fakes", "tests.support.patience", "tests.domain.builders")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

WITHOUT_A_UNIT_TEST: dict[str, str] = {}
"""Functions and why they have none, such as "run.tick.tick". It is empty, and best stays so."""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def modules() -> list[Path]:
    return sorted(path for path in FLOW.rglob("*.py") if list(public(tree_of(path))))


def unit_tests() -> list[Path]:
    return sorted((TESTS / "flow").rglob("test_*_unit.py"))


def unit_test_of(module: Path) -> Path:
    return TESTS / "flow" / module.relative_to(FLOW).with_name(f"test_{module.stem}_unit.py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def public(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Function names as ("", name), methods and properties as (class, name). Protocols hold no code."""
    for node in tree.body:
        if isinstance(node, FUNCTIONS) and not node.name.startswith("_"):
            yield "", node.name
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not is_protocol(node):
            methods = (one.name for one in node.body if isinstance(one, FUNCTIONS))
            yield from ((node.name, name) for name in methods if not name.startswith("_"))


def is_protocol(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split("[")[0] == "Protocol" for base in node.bases)


def used(tree: ast.Module, module: str) -> set[tuple[str, str]]:
    """What a test module calls of `module`, as `public` names it; of methods only the name can be seen."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module]
    real = {alias.asname or alias.name: alias.name for node in imports for alias in node.names}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    reads = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {("", real[name]) for name in calls & real.keys()} | {("*", name) for name in reads}


@pytest.mark.parametrize("module", modules(), ids=name_of)
def test_each_public_function_of_flow_is_called_by_its_unit_test(module: Path) -> None:
    path = unit_test_of(module)
    assert path.is_file(), f"{name_of(module)} has no unit tests; they belong to {path.relative_to(ROOT)}"
    found = used(tree_of(path), name_of(module))
    missing = [
        f"{owner}.{name}".lstrip(".")
        for owner, name in public(tree_of(module))
        if (owner and "*", name) not in found
        and ".".join(filter(None, (name_of(module), owner, name))).removeprefix("worker.flow.")
        not in WITHOUT_A_UNIT_TEST
    ]
    assert missing == [], f"{path.relative_to(ROOT)} does not call these functions of {name_of(module)}"


def test_what_is_public_and_what_is_used_are_seen_and_nothing_else() -> None:
    code = "def a(): ...\ndef _b(): ...\nclass C:\n def d(self): ...\nclass P(C, Protocol):\n def e(self): ..."
    assert list(public(ast.parse(code))) == [("", "a"), ("C", "d")]
    test = "from m import a as mine, b\nfrom other import c\nmine()\nc()\nb.d"
    assert used(ast.parse(test), "m") == {("", "a"), ("*", "d")}


def test_a_unit_test_lies_beside_its_module() -> None:
    assert set(unit_tests()) <= {unit_test_of(module) for module in modules()}


@pytest.mark.parametrize("path", [*unit_tests(), *FAKES], ids=name_of)
def test_a_unit_test_imports_no_adapter(path: Path) -> None:
    imports = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    ours = {name for name in names if name.split(".")[0] in {"worker", "tests"}}
    assert {name for name in ours if not name.startswith((*INSIDE, *MAKERS))} == set()


@cache
def shared_fixtures() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("conftest.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, FUNCTIONS) and "fixture" in "".join(map(ast.unparse, node.decorator_list))
    }


@pytest.mark.parametrize("path", unit_tests(), ids=name_of)
def test_a_unit_test_uses_no_shared_fixture(path: Path) -> None:
    tests = [node for node in ast.walk(tree_of(path)) if isinstance(node, FUNCTIONS)]
    assert {parameter.arg for node in tests for parameter in node.args.args} & shared_fixtures() == set()


@pytest.mark.parametrize("path", [*unit_tests(), *FAKES], ids=name_of)
def test_a_fake_has_at_most_15_lines(path: Path) -> None:
    classes = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in classes}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FAKE} == {}


@cache
def ports() -> dict[str, list[inspect.Signature]]:
    """Every method that a port has, by its name; of the two parts of flow that are faked as well."""
    found: dict[str, list[inspect.Signature]] = defaultdict(list)
    parts = [importlib.import_module(name_of(path)) for path in (ROOT / "worker" / "ports").glob("*.py")]
    protocols = [one for part in parts for one in classes_of(part) if getattr(one, "_is_protocol", False)]
    for kind in (*protocols, ReaderDigests, SharedFetches):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            found[name].append(inspect.signature(method))
    return found


def classes_of(module: ModuleType) -> list[type]:
    return [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]


def takes(fake: inspect.Signature, port: inspect.Signature) -> bool:
    """Whether a fake's method takes each parameter of the port's under its name, or among the rest (*, **)."""
    names = [name for name, one in fake.parameters.items() if one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}]
    known = port.parameters.values()
    try:
        fake.bind(
            *(one.name for one in known if one.kind is one.POSITIONAL_OR_KEYWORD),
            **{one.name: one.name for one in known if one.kind is one.KEYWORD_ONLY},
        )
    except TypeError:
        return False
    return names == [name for name in port.parameters if name in names]


class Methods:
    """A port's method, and those of fakes."""

    def port(self, key: str, count: int, *, urgent: bool = False) -> None: ...

    def all_but_names(self, *given: Any, **named: Any) -> None: ...

    def first_and_rest(self, key: str, *rest: Any, urgent: bool) -> None: ...

    def other_name(self, name: str, count: int, *, urgent: bool = False) -> None: ...

    def one_too_few(self, key: str, count: int) -> None: ...

    def one_too_many(self, key: str, count: int, more: int, *, urgent: bool = False) -> None: ...


@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        (Methods.port, True),
        (Methods.all_but_names, True),
        (Methods.first_and_rest, True),
        (Methods.other_name, False),
        (Methods.one_too_few, False),
        (Methods.one_too_many, False),
    ],
)
def test_a_fake_that_takes_other_parameters_is_seen(fake: Callable[..., None], expected: bool) -> None:
    assert takes(inspect.signature(fake), inspect.signature(Methods.port)) is expected


@pytest.mark.parametrize("path", [*unit_tests(), *FAKES], ids=name_of)
def test_a_fake_takes_what_the_port_takes(path: Path) -> None:
    """A port that changes leaves no fake behind that still speaks the old way."""
    known = ports()
    wrong = [
        f"{kind.__name__}.{name}"
        for kind in classes_of(importlib.import_module(name_of(path)))
        for name, method in vars(kind).items()
        if inspect.isfunction(method)
        and not name.startswith("_")
        and not any(takes(inspect.signature(method), port) for port in known[name])
    ]
    assert wrong == [], "no port has these methods with these parameters"

"""A value that is kept is found again by value: the address of a freed object is soon another object's."""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import pytest

from worker.domain.schedule import Trigger
from worker.flow.run.attempt import Attempt
from worker.memo import Memo

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "worker").rglob("*.py"))
PLAIN = {str, bytes, int, float, bool, NoneType, Path, date, datetime, timedelta}
DECORATORS = {"cache", "lru_cache"}


def addresses(tree: ast.AST) -> Iterator[int]:
    """The lines that use the builtin `id`, called or handed on; the linter lets no variable have its name."""
    return (
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and (node.id, type(node.ctx)) == ("id", ast.Load)
    )


def by_value(kind: Any) -> bool:
    """Whether two objects of this type with the same content are one key, now and later."""
    if get_origin(kind) in {tuple, frozenset, Union, UnionType}:
        return all(by_value(part) for part in get_args(kind) if part is not Ellipsis)
    if not inspect.isclass(kind):
        return False
    if is_dataclass(kind):
        return vars(kind).get("__hash__") is not None  # made from the fields where it is frozen and compares by them
    return kind in PLAIN or issubclass(kind, Enum)


def kept_by(function: Callable[..., Any]) -> list[str]:
    """The parameters by which its results are kept, of those that are no values."""
    plain = inspect.unwrap(function)
    hints = get_type_hints(plain)
    names = [name for name in inspect.signature(plain).parameters if name != "self"]
    return [name for name in names if not by_value(hints.get(name))]


def named(node: ast.expr) -> str:
    """The last name of a dotted one."""
    return ast.unparse(node).split(".")[-1]


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    return (named(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list)


def cached(path: Path) -> Iterator[str]:
    """Names of functions that are decorated as cached, or given to lru_cache(…)(function). A file without the words is
    not parsed, because every process that collects the tests does this.
    """
    text = path.read_text("utf-8")
    tree = ast.parse(text if any(word in text for word in DECORATORS) else "")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and named(node.func.func) in DECORATORS:
            yield ast.unparse(node.args[0])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and DECORATORS & {*decorators(node)}:
            yield node.name


CACHED = [
    (".".join(path.relative_to(ROOT).with_suffix("").parts), name) for path in MODULES for name in sorted(cached(path))
]


def test_the_use_of_an_address_is_seen() -> None:
    assert list(addresses(ast.parse("a.id()\nkept[id(a)]\nsorted(x, key=id)"))) == [2, 3]


def test_nothing_is_known_by_its_address() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}" for path in MODULES for line in addresses(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_some_functions_keep_their_results() -> None:
    assert len(CACHED) >= 10


@pytest.mark.parametrize(("module", "name"), CACHED)
def test_a_function_keeps_its_results_by_the_values_of_its_arguments(module: str, name: str) -> None:
    assert kept_by(function(importlib.import_module(module), name)) == []


def function(module: ModuleType, name: str) -> Callable[..., Any]:
    """A method, `self.name`, is looked for in the classes of the module. It is kept for one object."""
    method = name.removeprefix("self.")
    if method == name:
        return cast("Callable[..., Any]", getattr(module, name))
    return cast(
        "Callable[..., Any]",
        next(vars(one)[method] for one in vars(module).values() if isinstance(one, type) and method in vars(one)),
    )


def test_what_is_no_value_is_told_from_what_is_one() -> None:
    assert [by_value(kind) for kind in (str, Trigger, tuple[tuple[str, str], ...], str | None)] == [True] * 4
    assert [by_value(kind) for kind in (Attempt, Memo, object, tuple[Memo, ...], list[str], None)] == [False] * 6

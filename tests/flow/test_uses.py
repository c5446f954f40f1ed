"""A function of flow says which ports it uses; none takes all of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from worker.flow import uses
from worker.flow.services import Services

FLOW = Path(__file__).parents[2] / "worker" / "flow"


def annotations(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each function's name with the type of each of its parameters."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if parameter.annotation is not None:
                    yield node.name, ast.unparse(parameter.annotation)


def test_no_function_of_flow_takes_all_services() -> None:
    found = [
        f"{path.relative_to(FLOW)}: {name}"
        for path in sorted(FLOW.rglob("*.py"))
        for name, kind in annotations(ast.parse(path.read_text("utf-8")))
        if "Services" in kind
    ]
    assert found == []


def test_services_cannot_be_changed() -> None:
    assert Services.__dataclass_params__.frozen  # type: ignore[attr-defined]  # of every dataclass


def test_each_part_that_may_be_used_is_a_part_of_services() -> None:
    parts = {
        name
        for kind in vars(uses).values()
        if isinstance(kind, type) and kind.__module__ == uses.__name__
        for name, value in vars(kind).items()
        if isinstance(value, property)
    }
    assert parts
    assert parts <= set(Services.__dataclass_fields__)

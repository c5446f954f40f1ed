"""A shape that is shown is made in worker.documents and nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

WORKER = Path(__file__).parents[2] / "worker"


def shown(path: Path) -> Iterator[ast.expr]:
    """What the module hands to show_json."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"console.show_json", "show_json"}:
            yield node.args[0]


def test_a_command_shows_documents_and_builds_none() -> None:
    found = {f"{path.name}:{arg.lineno}": arg for path in WORKER.glob("entry/*.py") for arg in shown(path)}
    assert len(found) > 20
    built = [
        place for place, arg in found.items() if any(isinstance(x, ast.Dict | ast.DictComp) for x in ast.walk(arg))
    ]
    assert built == []


def test_no_value_below_knows_how_it_is_shown() -> None:
    methods = [
        f"{path.relative_to(WORKER)}:{node.lineno}"
        for room in ("domain", "ports", "flow")
        for path in (WORKER / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in {"document", "as_json", "to_json", "as_dict"}
    ]
    assert methods == []

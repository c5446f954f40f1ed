"""flow and domain are handed their time and their chance: neither reads a clock nor draws a number."""

import ast
from pathlib import Path

import pytest

import worker

CLOCKS = {"time", "random"}
READS = {"now", "utcnow", "today"}
MODULES = sorted(path for room in ("flow", "domain") for path in (Path(worker.__file__).parent / room).rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(path.parts[-3:]))
def test_no_module_of_flow_or_domain_reads_a_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not names & CLOCKS
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    of_datetime = [one for one in used if one.attr in READS and ast.unparse(one.value).startswith("date")]
    of_the_loop = [one for one in used if one.attr == "time" and "loop" in ast.unparse(one.value)]
    assert [ast.unparse(one) for one in of_datetime + of_the_loop] == []

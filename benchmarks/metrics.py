"""The size of the code, counted from its syntax trees: `python -m benchmarks.metrics [FOLDER]`."""

import ast
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1] / "worker"
SHORT = 4
"""Lines. Very many functions this short spread one act over many names."""

LONG_MODULE = 250
"""Lines. A longer module should be reviewed."""

PORT_METHODS = 15
"""A port should have fewer methods, so that its fakes stay small."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Module:
    """`path`: relative to the measured folder."""

    path: Path
    lines: int
    tree: ast.Module

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, _FUNCTIONS))

    def classes(self) -> Iterator[ast.ClassDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))


def read(root: Path) -> list[Module]:
    found = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text("utf-8")
        found.append(Module(path.relative_to(root), len(text.splitlines()), ast.parse(text)))
    return found


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, with the docstring and without decorators."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def spread(lengths: Sequence[int]) -> str:
    ordered = sorted(lengths)
    p90 = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    return f"{len(ordered)}, lines: median {statistics.median(ordered):g}, p90 {p90}, max {ordered[-1]}"


def fields(kind: ast.ClassDef) -> set[str]:
    """The fields of an object: annotated names in the class's body, and names that its methods assign to `self`."""
    annotated = {n.target.id for n in kind.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    return annotated | {
        node.attr
        for node in ast.walk(kind)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def ports(modules: Sequence[Module]) -> dict[str, set[str]]:
    """Port → its methods, including inherited ones."""
    classes = {kind.name: kind for module in modules if module.path.parts[0] == "ports" for kind in module.classes()}
    return {name: methods(kind, classes) for name, kind in classes.items() if is_protocol(kind)}


def is_protocol(kind: ast.ClassDef) -> bool:
    return any(base_name(base) == "Protocol" for base in kind.bases)


def methods(kind: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> set[str]:
    inherited = (methods(classes[name], classes) for name in map(base_name, kind.bases) if name in classes)
    return {node.name for node in kind.body if isinstance(node, _FUNCTIONS)}.union(*inherited)


def base_name(base: ast.expr) -> str:
    return ast.unparse(base).partition("[")[0].rpartition(".")[2]


def takes_services(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function takes all services instead of the ports that it uses."""
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(one.annotation is not None and base_name(one.annotation) == "Services" for one in given)


def share(answers: Sequence[bool]) -> str:
    return f"{sum(answers)} of {len(answers)}, {sum(answers) / len(answers):.0%}"


def report(modules: Sequence[Module]) -> list[str]:
    functions = [function for module in modules for function in module.functions()]
    lengths = [length(function) for function in functions]
    holder = max((kind for module in modules for kind in module.classes()), key=lambda kind: len(fields(kind)))
    port, offered = max(ports(modules).items(), key=lambda item: len(item[1]))
    flow = [function for module in modules if module.path.parts[0] == "flow" for function in module.functions()]
    long = [module for module in modules if module.lines > LONG_MODULE]
    return [
        f"modules: {spread([module.lines for module in modules])}",
        f"functions: {spread(lengths)}",
        f"fields of the largest class: {len(fields(holder))} ({holder.name})",
        f"methods of the largest port: {len(offered)} ({port}; aim: under {PORT_METHODS})",
        f"flow functions that take all services: {share([takes_services(one) for one in flow])} (aim: none)",
        f"functions of up to {SHORT} lines: {share([lines <= SHORT for lines in lengths])}",
        "\n  ".join([f"modules past {LONG_MODULE} lines: {len(long)}", *(f"{one.path} {one.lines}" for one in long)]),
    ]


if __name__ == "__main__":
    print("\n".join(report(read(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))))

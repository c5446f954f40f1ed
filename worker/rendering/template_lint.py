"""Faults of templates that are found without rendering them: syntax, unknown blocks and unknown names.

Jinja ignores a block that the extended template does not have, and text outside of blocks: a typing error in a name
would change nothing and would not be reported.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, nodes

SHIPPED = "shipped/"
"""Before a path: the template that Funnelbeat ships, even if the project has one at that path."""

_NOTE = re.compile(r"\{%-?\s*block\s+(\w+)[^%]*%\}\{#\s*(.*?)\s*#\}", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class TemplateFault:
    """`template`: its path below templates/. `line`: from 1, 0 if there is none. `samples`: names of the digests and
    notices that showed the fault; none if the source alone shows it. `expected`: what to write instead, if that is
    known.
    """

    template: str
    line: int
    problem: str
    samples: tuple[str, ...] = ()
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """`blocks`: name → line. `names`: templates that it extends, includes or imports by a constant name, with their
    lines. `stray`: lines of text outside of blocks, in a template that extends another one.
    """

    extends: str | None = None
    blocks: Mapping[str, int] = field(default_factory=dict)
    names: tuple[tuple[str, int], ...] = ()
    stray: tuple[int, ...] = ()


def source_of(env: Environment, path: str) -> str:
    """Raises TemplateNotFound."""
    if env.loader is None:
        raise TemplateNotFound(path)
    return env.loader.get_source(env, path)[0]


def outline(env: Environment, path: str) -> Outline:
    """Raises TemplateNotFound, TemplateSyntaxError."""
    tree = env.parse(source_of(env, path), path, path)
    env.compile(tree, path, path)
    tree = env.parse(source_of(env, path), path, path)
    parent = next((_constant(node.template) for node in tree.find_all(nodes.Extends)), None)
    kinds: tuple[type[Any], ...] = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    named = [(_constant(node.template), node.lineno) for kind in kinds for node in tree.find_all(kind)]
    names = [(name, line) for name, line in named if name is not None]
    return Outline(
        parent,
        {block.name: block.lineno for block in tree.find_all(nodes.Block)},
        tuple(names),
        tuple(_stray(tree)) if parent else (),
    )


def block_notes(source: str) -> dict[str, str]:
    """Block → the comment behind its beginning, in the order of the source."""
    return {name: " ".join(note.split()) for name, note in _NOTE.findall(source)}


def lint(env: Environment, own: Mapping[str, str]) -> list[TemplateFault]:
    """Faults of the project's own templates, by path."""
    return [fault for path in sorted(own) for fault in _faults(env, path)]


def _faults(env: Environment, path: str) -> Iterator[TemplateFault]:
    if path.startswith(SHIPPED):
        meant = "templates/shipped/ stands for what Funnelbeat ships"
        yield TemplateFault(path, 0, meant, expected="put the file elsewhere")
        return
    try:
        found = outline(env, path)
    except TemplateSyntaxError as error:
        yield TemplateFault(error.name or path, error.lineno, error.message or "it is no template")
        return
    for name, line in found.names:
        if name == path:
            instead = f"write {SHIPPED}{path} for what Funnelbeat ships"
            yield TemplateFault(path, line, "it calls itself", expected=instead)
        elif not _exists(env, name):
            yield TemplateFault(path, line, f"there is no template {name}")
    for line in found.stray:
        yield TemplateFault(path, line, f"text outside of a block, which is not printed: it extends {found.extends}")
    if found.extends is not None and found.extends != path:
        yield from _lost_blocks(env, path, found)


def _lost_blocks(env: Environment, path: str, found: Outline) -> Iterator[TemplateFault]:
    try:
        known = _inherited(env, found.extends)
    except (TemplateNotFound, TemplateSyntaxError):
        return
    for block, line in found.blocks.items():
        if block not in known and not _inside(env, path, block):
            nearest = get_close_matches(block, known, n=1)
            instead = f"did you mean {nearest[0]}?" if nearest else f"it has {', '.join(sorted(known)) or 'none'}"
            problem = f"the block {block}, which nothing prints: {found.extends} has no such block"
            yield TemplateFault(path, line, problem, expected=instead)


def _inherited(env: Environment, path: str | None) -> set[str]:
    """Blocks of a template and of those that it extends."""
    known, seen = set[str](), set[str]()
    while path is not None and path not in seen:
        seen.add(path)
        found = outline(env, path)
        known |= set(found.blocks)
        path = found.extends
    return known


def _inside(env: Environment, path: str, name: str) -> bool:
    """Whether the block is inside another block, which prints it."""
    tree = env.parse(source_of(env, path))
    return any(inner.name == name for outer in tree.find_all(nodes.Block) for inner in outer.find_all(nodes.Block))


def _exists(env: Environment, name: str) -> bool:
    try:
        source_of(env, name)
    except TemplateNotFound:
        return False
    return True


def _constant(expression: object) -> str | None:
    found = isinstance(expression, nodes.Const) and isinstance(expression.value, str)
    return str(expression.value) if found and isinstance(expression, nodes.Const) else None


def _stray(tree: nodes.Template) -> Iterator[int]:
    for node in tree.body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    yield part.lineno
                elif part.data.strip():
                    blank = len(part.data) - len(part.data.lstrip())
                    yield part.lineno + part.data.count("\n", 0, blank)

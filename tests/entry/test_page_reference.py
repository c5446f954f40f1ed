"""docs/reference/page.md names everything that templates see, field by field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

from worker import shipped
from worker.entry.reference import pages
from worker.entry.reference_page import (
    alert_members,
    class_fields,
    classes,
    notice_members,
    page_members,
    wording_members,
)
from worker.rendering.template_lint import block_notes, outline, source_of
from worker.rendering.template_paths import shipped_paths
from worker.rendering.templates import environment

ROOT = Path(__file__).parents[2]
ENV = environment(shipped.folder_of("templates"), {})
OF_JINJA = {"loop", "caller", "self"}
IMPORTED = {"part", "b", "thread", "alerts"}
"""Also of templates that are included where another has imported them."""


def documented() -> set[str]:
    return {name for kind in classes() for name in class_fields(kind)} | set(page_members()) | set(wording_members())


def reads(path: str) -> Iterator[str]:
    """Attributes that a template reads of what it is given, not of its own namespaces, imports and loops."""
    tree = ENV.parse(source_of(ENV, path))
    own = OF_JINJA | IMPORTED
    for node in tree.find_all(nodes.Assign):
        if isinstance(node.target, nodes.Name) and isinstance(node.node, nodes.Call):
            called = node.node.node
            own |= {node.target.name} if isinstance(called, nodes.Name) and called.name == "namespace" else set()
    for read in tree.find_all(nodes.Getattr):
        if not (isinstance(read.node, nodes.Name) and read.node.name in own):
            yield read.attr
    for call in tree.find_all(nodes.Filter):
        yield from (
            str(k.value.value) for k in call.kwargs if k.key == "attribute" and isinstance(k.value, nodes.Const)
        )


@pytest.mark.parametrize("path", shipped_paths())
def test_every_name_that_a_shipped_template_reads_is_documented(path: str) -> None:
    page, known = pages()["page.md"], documented() | set(notice_members()) | set(alert_members())
    lost = {name for name in reads(path) if not name.isdigit() and (name not in known or f"{name}" not in page)}
    assert lost - {"split"} == set()


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_field_says_what_it_is(kind: type) -> None:
    assert [name for name, (_, what) in class_fields(kind).items() if not what] == []
    assert kind.__doc__


@pytest.mark.parametrize("members", [page_members, wording_members, notice_members, alert_members])
def test_every_name_of_a_page_says_what_it_is(members: object) -> None:
    assert callable(members)
    assert [name for name, (_, _, what) in members().items() if not what] == []


@pytest.mark.parametrize("path", shipped_paths())
def test_every_block_says_what_it_prints(path: str) -> None:
    assert block_notes(source_of(ENV, path)).keys() == outline(ENV, path).blocks.keys()

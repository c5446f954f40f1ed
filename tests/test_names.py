"""Names in the code are the field's terms: a name that was retired for being a metaphor does not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "worker"

RETIRED = {
    "came": "receipt, joined",
    "case": "digest, or what the bundle of inputs holds",
    "chores": "batch (of the housekeeping)",
    "crew": "processes",
    "desk": "command line",
    "family": "child processes, or a group of commands",
    "house": "services, or an account of a stand-in",
    "lane": "bucket, or account",
    "lanes": "queues",
    "maker": "builder",
    "means": "connectors",
    "occasion": "fetch context",
    "pulse": "heartbeat",
    "reach": "pass_point, or a name for the limit",
    "reckon": "compute",
    "room": "layer",
    "rooms": "layers",
    "shelf": "fetch cache",
    "stories": "histories",
    "story": "history",
    "tell": "emit, report, print",
    "told": "composed, emitted, reported, shown",
    "town": "installation",
}
"""Word: what is said instead. A name must not contain the word, alone or beside others (`RedisShelf`, `open_house`)."""

RETIRED_CLASSES = {
    "Ask": "Question",
    "Begun": "RunLease",
    "Case": "ReaderDigest",
    "Copy": "Rebuilt",
    "Effort": "Attempt",
    "Entry": "Subscription",
    "Failed": "FetchFailed",
    "Flight": "SingleFlight",
    "Found": "Answers",
    "Gone": "Expired",
    "Heard": "RateReport",
    "Held": "DeliveryLease",
    "Item": "Query",
    "Kept": "Hit",
    "Lead": "Turn",
    "Memory": "Memo",
    "Past": "Comparison",
    "Places": "Reservations",
    "Rendered": "Content",
    "Round": "SweepResult",
    "Seen": "Preview",
    "Told": "Composed",
    "Trial": "DryRun",
}
"""Whole names of classes. As parts of other names these words are plain English."""

RETIRED_MODULES = {"alive", "decoded", "ledger_house", "local", "place", "pulse", "questions", "readable", "told"}
"""Whole names of modules below worker/entry and worker/adapters/redis_store."""

ALLOWED = {
    "Room": "Slack in the sandbox: what its channels show",
    "room": "the same, as an attribute and parameter",
    "slack_room": "the same, as a module",
}
"""Name: why a retired word is a term there."""


def words(name: str) -> set[str]:
    """The words of a name, split at underscores and capitals: HTTPQuota_error -> http, quota, error."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        where = str(path.relative_to(ROOT.parent))
        yield where, path.parent.name if path.stem == "__init__" else path.stem


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield str(path.relative_to(ROOT.parent)), ast.parse(path.read_text("utf-8"))


def declared(tree: ast.Module) -> Iterator[str]:
    """Classes, functions, parameters, constants and attributes. A local variable may be any plain word."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from assigned(node.body)


def assigned(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RedisShelf", {"redis", "shelf"}),
        ("open_house", {"open", "house"}),
        ("_LANES", {"lanes"}),
        ("HTTPPulse2", {"http", "pulse"}),
        ("history", {"history"}),
    ],
)
def test_a_name_is_split_into_its_words(name: str, expected: set[str]) -> None:
    assert words(name) == expected


def test_every_kind_of_name_is_looked_at() -> None:
    code = "class Lane:\n    desk: int\n    def crew(self, town):\n        self.pulse = maker = town\nSHELF = 1"
    assert set(declared(ast.parse(code))) == {"Lane", "desk", "crew", "self", "town", "pulse", "SHELF"}


def test_no_retired_word_is_part_of_a_name() -> None:
    names = [(where, name) for where, tree in trees() for name in declared(tree)]
    found = [
        f"{where}: {name} ({word}: say {RETIRED[word]})"
        for where, name in [*modules(), *names]
        for word in sorted(words(name) & RETIRED.keys())
        if name not in ALLOWED
    ]
    assert found == []


def test_no_class_has_a_retired_name() -> None:
    found = [
        f"{where}: {node.name} (say {RETIRED_CLASSES[node.name]})"
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name in RETIRED_CLASSES
    ]
    assert found == []


def test_no_module_has_a_retired_name() -> None:
    folders = ("worker/entry/", "worker/adapters/redis_store/")
    found = [where for where, name in modules() if where.startswith(folders) and name in RETIRED_MODULES]
    assert found == []


def test_an_allowed_name_is_still_in_use() -> None:
    used = {name for _, tree in trees() for name in declared(tree)} | {name for _, name in modules()}
    assert ALLOWED.keys() <= used

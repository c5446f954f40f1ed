"""Which keys a JSON document has, in their order, and of which JSON types the values are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BY_NAME = frozenset({"bridge", "compared_with", "past", "undecided"})
"""Keys whose own keys are data: currencies, ids of queries. They are written as `<name>`."""

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", dict: "object"}


@dataclass
class Shape:
    """What stands at one place of a document, over all elements of the lists around it."""

    types: set[str] = field(default_factory=set)
    below: dict[str, "Shape"] = field(default_factory=dict)

    def take(self, value: Any, key: str = "") -> None:
        self.types.add(("array" if value else "empty array") if isinstance(value, list) else TYPES[type(value)])
        for name, item in _parts(value, key):
            self.below.setdefault(name, Shape()).take(item, name)

    def lines(self, at: str) -> Iterator[str]:
        yield f"{at or 'document'}: {', '.join(sorted(self.types))}"
        for name, shape in self.below.items():
            yield from shape.lines(f"{at}{name}" if name == "[]" else f"{at}.{name}".lstrip("."))


def _parts(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        yield from (("[]", item) for item in value)
    elif isinstance(value, dict):
        yield from (("<name>" if key in BY_NAME else name, item) for name, item in value.items())


def key_paths(document: Any) -> list[str]:
    """As in `runs[].gaps[].query: string`, each once, in the order in which the document has them."""
    shape = Shape()
    shape.take(document)
    return list(shape.lines(""))

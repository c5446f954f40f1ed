"""Places: where a key or a value stands in a file, and the complaints that point there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.adapters.definitions.words import described, sentence
from worker.domain.time.duration import TimeWordError
from worker.errors import Complaint

Path = tuple[str | int, ...]
"""From the top of a file: keys of mappings, indexes of lists."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Line and column, both from 1, of a value and of the key that it stands under (none: a list's item, the top)."""

    value: tuple[int, int]
    key: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. `value`: dicts, lists, None and text; unquoted text is `Plain`, so that whoever knows what a key
    wants decides whether it is a number.
    """

    path: str
    value: Any
    spots: Mapping[Path, Spot]

    def get(self, path: Path) -> Any:
        """The value at `path`, None where there is none."""
        value = self.value
        for step in path:
            value = _below(value, step)
        return value

    def at(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Where `path` stands; for something that is absent, the key that it should stand under."""
        if path in self.spots:
            spot = self.spots[path]
            return spot.key if key and spot.key else spot.value
        while path and path not in self.spots:
            path = path[:-1]
        spot = self.spots.get(path, Spot((1, 1)))
        return spot.key or spot.value


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    inside = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
    return value[step] if inside else None


@dataclass(slots=True)
class Findings:
    """What one pass over a project found. Warnings do not keep it from being deployed."""

    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)

    def refuse_file(self, path: str, found: str, expected: str, line: int = 1, column: int = 1) -> None:
        self.complaints.append(Complaint(path, line, column, sentence(found), sentence(expected)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document, and where to write what is wrong with it."""

    document: Document
    findings: Findings

    def complain(self, path: Path, found: str, expected: str, *, key: bool = False) -> None:
        """`key`: the key is what is wrong, not its value."""
        self.findings.complaints.append(self._complaint(path, found, expected, key=key))

    def warn(self, path: Path, found: str, expected: str, *, key: bool = False) -> None:
        self.findings.warnings.append(self._complaint(path, found, expected, key=key))

    def said(self, path: Path, error: ValueError) -> None:
        """A value that a parser refused: the parser knows what to write, and sometimes also says what it found."""
        value = self.document.get(path)
        found = error.found if isinstance(error, TimeWordError) else f"`{path[-1]}` with {described(value)}"
        self.complain(path, found, error.expected if isinstance(error, TimeWordError) else str(error))

    @property
    def count(self) -> int:
        """Complaints so far: a piece during whose reading none was added is sound."""
        return len(self.findings.complaints)

    def _complaint(self, path: Path, found: str, expected: str, *, key: bool) -> Complaint:
        line, column = self.document.at(path, key=key)
        return Complaint(self.document.path, line, column, sentence(found), sentence(expected))

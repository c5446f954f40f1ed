"""Positions of keys and values in a file, and complaints with positions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from worker.adapters.definitions.words import described, sentence
from worker.domain.time.duration import TimeWordError
from worker.errors import Complaint

T = TypeVar("T")
Path = tuple[str | int, ...]
"""Path from the top of a file: keys of mappings, indexes of lists."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Line and column, from 1, of a value and of its key (None for a list's item and the top). `file`: the other file
    that the value is from, empty for the document's own.
    """

    value: tuple[int, int]
    key: tuple[int, int] | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file. `value`: dicts, lists, None and text. Unquoted text is `Plain`, because only its key decides
    whether it is a number.
    """

    path: str
    value: Any
    spots: Mapping[Path, Spot]

    def get(self, path: Path) -> Any:
        """The value at `path`, or None."""
        value = self.value
        for step in path:
            value = _below(value, step)
        return value

    def at(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """The position of `path`. If it is absent, the position of the key that should hold it."""
        spot = self._spot(path)
        wants_key = key or path not in self.spots
        return spot.key if wants_key and spot.key else spot.value

    def file_of(self, path: Path) -> str:
        """The file in which `at` is a position."""
        return self._spot(path).file or self.path

    def _spot(self, path: Path) -> Spot:
        while path and path not in self.spots:
            path = path[:-1]
        return self.spots.get(path, Spot((1, 1)))


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    inside = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
    return value[step] if inside else None


@dataclass(slots=True)
class Findings:
    """The complaints and warnings of one pass. Warnings do not prevent a deployment."""

    complaints: list[Complaint] = field(default_factory=list)
    warnings: list[Complaint] = field(default_factory=list)

    def refuse_file(self, path: str, found: str, expected: str, line: int = 1, column: int = 1) -> None:
        self.complaints.append(Complaint(path, line, column, sentence(found), sentence(expected)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document and its findings."""

    document: Document
    findings: Findings

    def complain(self, path: Path, found: str, expected: str, *, key: bool = False) -> None:
        """`key`: the key is wrong, not its value."""
        self.findings.complaints.append(self._complaint(path, found, expected, key=key))

    def warn(self, path: Path, found: str, expected: str, *, key: bool = False) -> None:
        self.findings.warnings.append(self._complaint(path, found, expected, key=key))

    def said(self, path: Path, error: ValueError) -> None:
        """Reports a value that a parser refused. The error says what to write, and may say what was found."""
        value = self.document.get(path)
        found = error.found if isinstance(error, TimeWordError) else f"`{path[-1]}` with {described(value)}"
        self.complain(path, found, error.expected if isinstance(error, TimeWordError) else str(error))

    @property
    def count(self) -> int:
        """Number of complaints so far. A piece is sound if reading it adds none."""
        return len(self.findings.complaints)

    def _complaint(self, path: Path, found: str, expected: str, *, key: bool) -> Complaint:
        line, column = self.document.at(path, key=key)
        return Complaint(self.document.file_of(path), line, column, sentence(found), sentence(expected))


def parsed(sheet: Sheet, path: Path, text: str, parse: Callable[[str], T], default: T) -> T:
    """`default` for an absent key, and after a complaint."""
    try:
        return parse(text) if text else default
    except ValueError as error:
        sheet.said(path, error)
        return default

"""`extends:` of a schedule: the keys of a file in pieces/, under the schedule's own.

Every value keeps its position and its file, so that a complaint names the file to correct.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path as Directory
from typing import Any

from worker.adapters.definitions import files
from worker.adapters.definitions.place import Document, Findings, Path, Sheet, Spot
from worker.adapters.definitions.words import described
from worker.adapters.definitions.yaml_nodes import parse

KEY = "extends"

DEEPEST = 8
"""Files in one chain."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A value and the positions below it, by paths that begin at this value."""

    value: Any
    spots: dict[Path, Spot]


def extended(directory: Directory, sheet: Sheet) -> Sheet | None:
    """The sheet with what it extends; the sheet itself if it extends nothing. None after a complaint."""
    if not isinstance(sheet.document.value, dict) or KEY not in sheet.document.value:
        return sheet
    found = _whole(directory, sheet.document, sheet.findings, (sheet.document.path,))
    if found is None:
        return None
    return Sheet(Document(sheet.document.path, found.value, found.spots), sheet.findings)


def _whole(directory: Directory, document: Document, findings: Findings, chain: tuple[str, ...]) -> Merged | None:
    if KEY not in document.value:
        return _own(document)
    path = _path(Sheet(document, findings), chain)
    base = _base(directory, path, document, findings) if path is not None else None
    below = _whole(directory, base, findings, (*chain, base.path)) if base is not None else None
    return None if below is None else merged(below, _own(document))


def _path(sheet: Sheet, chain: tuple[str, ...]) -> str | None:
    """The file that is named, relative to the project; None after a complaint."""
    named = sheet.document.value[KEY]
    if not isinstance(named, str) or not files.PIECE.fullmatch(named):
        found = f"`{KEY}` with {described(named)}"
        sheet.complain((KEY,), found, f"write a file below {files.PIECES}/, such as base.yaml")
        return None
    path = f"{files.PIECES}/{named}"
    if path in chain or len(chain) > DEEPEST:
        way = " → ".join((*chain, path))
        found = f"a circle of `{KEY}`: {way}" if path in chain else f"more than {DEEPEST} files that extend each other"
        sheet.complain((KEY,), found, "let one of them extend nothing")
        return None
    return path


def _base(directory: Directory, path: str, document: Document, findings: Findings) -> Document | None:
    """None after a complaint."""
    before = len(findings.complaints)
    source = files.piece(directory, path, findings)
    if source is None:
        if len(findings.complaints) == before:
            found = f"`{KEY}: {document.value[KEY]}`"
            expected = f"write {path}, or name another file below {files.PIECES}/"
            Sheet(document, findings).complain((KEY,), found, expected)
        return None
    base, complaints = parse(source.data, source.path)
    findings.complaints.extend(complaints)
    if base is not None and not isinstance(base.value, dict):
        findings.refuse_file(path, "no keys", "write keys of a schedule (`key: value`)")
        return None
    return base


def _own(document: Document) -> Merged:
    """The file's keys without `extends`, each with the file in its position."""
    value = {key: inner for key, inner in document.value.items() if key != KEY}
    spots = {path: replace(spot, file=document.path) for path, spot in document.spots.items() if path[:1] != (KEY,)}
    return Merged(value, spots)


def merged(base: Merged, own: Merged) -> Merged:
    """Mappings are merged key by key. Lists of things with an id are merged by their ids: those of the base keep their
    places, new ones follow. Any other value replaces the base's, and an empty one (`key:`) takes the base's away.
    """
    if isinstance(base.value, dict) and isinstance(own.value, dict):
        return _mappings(base, own)
    if _by_id(base.value) and _by_id(own.value):
        return _lists(base, own)
    return own


def _mappings(base: Merged, own: Merged) -> Merged:
    value: dict[str, Any] = {}
    spots, below, mine = _top(own), _parts(base), _parts(own)
    for key in dict.fromkeys((*base.value, *own.value)):
        if key in base.value and key in own.value and own.value[key] is None:
            continue
        value[key] = _put(spots, key, below.get(key), mine.get(key))
    return Merged(value, spots)


def _lists(base: Merged, own: Merged) -> Merged:
    places = {str(one["id"]): at for at, one in enumerate(own.value)}
    spots, below, mine = _top(own), _parts(base), _parts(own)
    value: list[Any] = []
    for at, one in enumerate(base.value):
        place = places.pop(str(one["id"]), None)
        value.append(_put(spots, len(value), below[at], None if place is None else mine[place]))
    for at in sorted(places.values()):
        value.append(_put(spots, len(value), None, mine[at]))
    return Merged(value, spots)


def _top(own: Merged) -> dict[Path, Spot]:
    """The position of the value itself is that of the schedule: what is missing is missing there."""
    return {path: spot for path, spot in own.spots.items() if not path}


def _put(spots: dict[Path, Spot], step: str | int, base: Merged | None, own: Merged | None) -> Any:
    found = own if base is None else base if own is None else merged(base, own)
    if found is None:
        raise ValueError(f"{step}: in neither of the two")
    spots.update({(step, *path): spot for path, spot in found.spots.items()})
    return found.value


def _parts(of: Merged) -> dict[str | int, Merged]:
    """What is one step below, in one pass: a list may have thousands of readers."""
    steps: Iterable[str | int] = of.value if isinstance(of.value, dict) else range(len(of.value))
    parts = {step: Merged(of.value[step], {}) for step in steps}
    for path, spot in of.spots.items():
        if path and path[0] in parts:
            parts[path[0]].spots[path[1:]] = spot
    return parts


def _by_id(value: Any) -> bool:
    """A list whose items all have an id of their own."""
    if not isinstance(value, list) or not value:
        return False
    ids = [one.get("id") if isinstance(one, dict) else None for one in value]
    return all(isinstance(one, str) for one in ids) and len(set(ids)) == len(ids)

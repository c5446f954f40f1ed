"""Reads YAML 1.2 core with the position of every key and value. Hostile input is refused with one sentence.

Built from the parser's events. PyYAML's loaders follow YAML 1.1 (`no` is a boolean, `1:30` is ninety) and recurse as
deep as a file asks. https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from worker.adapters.definitions.place import Document, Path, Spot
from worker.adapters.definitions.words import quoted, sentence
from worker.adapters.definitions.yaml_faults import rephrased, unprintable
from worker.errors import Complaint

LARGEST = 1_000_000
"""Bytes of one file."""

_ASIDE = -1
"""The path of values under repeated keys. They are parsed for errors, but are part of nothing."""

DEEPEST = 40
MOST_COPIED = 20_000
"""Values that aliases may add to a file. Without a limit, a few lines of YAML can stand for billions of values."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class Plain(str):
    """Unquoted text. Its key decides what it means."""

    __slots__ = ()


def core(value: Any) -> Any:
    """The YAML 1.2 core value of unquoted text. `.inf`, `.nan` and numbers past 64 bits stay text, because JSON cannot
    hold them.
    """
    if isinstance(value, dict):
        return {k: core(v) for k, v in value.items()}
    if isinstance(value, list):
        return [core(v) for v in value]
    return _scalar(value) if isinstance(value, Plain) else value


def _scalar(text: Plain) -> Any:
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) < 19 else str(text)
    if len(text) < 17 and _OTHER_INT.fullmatch(text):
        return int(text, 0)
    if len(text) < 300 and _FLOAT.fullmatch(text) and abs(float(text)) < 1e300:
        return float(text)
    return str(text)


def parse(data: bytes, path: str) -> tuple[Document | None, tuple[Complaint, ...]]:
    """The one document in the file (None if it cannot be read), and the errors in its YAML. The value of an empty file
    is None.
    """
    text = _decoded(data, path)
    if isinstance(text, Complaint):
        return None, (text,)
    builder = _Builder(path)
    try:
        value = builder.build(yaml.parse(text, Loader=_LOADER))
    except _Refused as refusal:
        return None, (*builder.complaints, refusal.complaint)
    except yaml.reader.ReaderError as error:
        return None, (*builder.complaints, unprintable(text, path, error))
    except yaml.MarkedYAMLError as error:
        return None, (*builder.complaints, rephrased(text, path, error, builder.reached))
    return Document(path, value, builder.spots), tuple(builder.complaints)


def _decoded(data: bytes, path: str) -> str | Complaint:
    if len(data) > LARGEST:
        return Complaint(path, 1, 1, "a file of more than 1 MB", "split it: one schedule is a page of text")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return Complaint(path, 1, 1, "a byte order mark", 'save it as "UTF-8", not "UTF-8 with BOM" or "UTF-16"')
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Complaint(path, line, column, "bytes that are not UTF-8", "save the file as UTF-8")


class _Refused(Exception):
    def __init__(self, complaint: Complaint) -> None:
        self.complaint = complaint


class _Builder:
    """Turns events into values. Aliases become copies, so that every value has its own position."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.spots: dict[Path, Spot] = {}
        self.complaints: list[Complaint] = []
        self.reached = (1, 1)
        self._anchors: dict[str, tuple[Any, Path]] = {}
        self._open: set[str] = set()
        self._copied = 0

    def build(self, events: Iterator[Any]) -> Any:
        next(events)  # the stream's start
        value = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(event, "a second document (`---`)", "keep one document in one file")
                value = self._value(events, next(events), (), None)
        return value

    def _value(self, events: Iterator[Any], event: Any, path: Path, key: tuple[int, int] | None) -> Any:
        if len(path) > DEEPEST:
            raise self._refused(event, f"more than {DEEPEST} levels inside each other", "write it flatter")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path, key)
        self.reached = _spot(event)
        self.spots[path] = Spot(self.reached, key)
        name = event.anchor
        if name:
            self._open.add(name)
        value = self._filled(events, event, path)
        if name:
            self._open.discard(name)
            self._anchors[name] = (value, path)
        return value

    def _filled(self, events: Iterator[Any], event: Any, path: Path) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self._text(event)
        if event.tag is not None and not event.implicit:
            raise self._refused(event, f"the tag {quoted(event.tag)}", "leave the tag out")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, path)
        return self._mapping(events, path)

    def _text(self, event: Any) -> Any:
        plain, _ = event.implicit
        if event.tag is not None and event.tag not in _STRING_TAGS:
            raise self._refused(event, f"the tag {quoted(event.tag)}", "leave the tag out")
        if not plain:
            return str(event.value)
        return None if event.value in _NULLS else Plain(event.value)

    def _list(self, events: Iterator[Any], path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self._value(events, event, (*path, len(values)), None))
        return values

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            name = self._key(event)
            if name in values:
                self._again(event, (*path, name))
                self._value(events, next(events), (_ASIDE, *path, name), None)
                continue
            values[name] = self._value(events, next(events), (*path, name), _spot(event))
        return values

    def _again(self, event: Any, path: Path) -> None:
        first = self.spots[path].key or (1, 1)
        found = f"`{path[-1]}` for the second time (first in line {first[0]})"
        self.complaints.append(self._refused(event, found, "keep one of the two").complaint)

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refused(event, "a key that is not plain text", "write `name: value`")
        if event.value == "<<" and event.implicit[0]:
            raise self._refused(event, "a merge key (`<<`)", "YAML 1.2 has none: write the keys out")
        self.reached = _spot(event)
        return str(event.value)

    def _alias(self, event: Any, path: Path, key: tuple[int, int] | None) -> Any:
        if event.anchor in self._open:
            raise self._refused(event, f"`*{event.anchor}` inside of what it names", "name something that is complete")
        if event.anchor not in self._anchors:
            raise self._refused(event, f"`*{event.anchor}`, which nothing above is named", self._after_star(event))
        value, origin = self._anchors[event.anchor]
        self._copy(event, origin, path, value)
        self.spots[path] = Spot(_spot(event), key)
        return value

    @staticmethod
    def _after_star(event: Any) -> str:
        return f"put text that starts with `*` in quotes, or name a value above with `&{event.anchor}`"

    def _copy(self, event: Any, origin: Path, path: Path, value: Any) -> None:
        """Copies the positions of everything below `origin` to `path`."""
        self._copied += 1
        if self._copied > MOST_COPIED or len(path) > DEEPEST:
            raise self._refused(event, "aliases that multiply what they name", "write the values out")
        self.spots[path] = self.spots[origin]
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, below in inside:
            self._copy(event, (*origin, name), (*path, name), below)

    def _refused(self, event: Any, found: str, expected: str) -> _Refused:
        line, column = _spot(event)
        return _Refused(Complaint(self.path, line, column, sentence(found), sentence(expected)))


def _spot(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1

"""Everything that the stand-ins received and accepted: exact bytes, in order, and also on disk if that is wanted."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_SUFFIX = {"eml": ".eml", "slack": ".slack.json", "webhook": ".webhook.json"}


_NUMBERED = re.compile(r"([0-9]{4,9})-.+-[0-9a-f]{8}\.")


@dataclass(frozen=True, slots=True)
class Received:
    """`kind`: eml, slack, upload or webhook. `body`: the bytes that were received; `sha256`: their hash in hexadecimal.
    `meta`: where it was sent (channel, recipients, thread, the id of a webhook). It never contains credentials.
    """

    number: int
    kind: str
    name: str
    body: bytes
    sha256: str
    at: datetime
    meta: Mapping[str, str]


def slug(text: str) -> str:
    """[a-z0-9-], at most 40 characters, never empty: safe as a part of a file name, whatever the data says."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "unnamed"


class Outbox:
    """`out` is created when the first message comes. Only bodies are written there, no headers and no secrets. Numbers
    go on after those of the files in it, so that the order of their names is the order of time.
    """

    def __init__(self, out: Path | None = None) -> None:
        self.items: list[Received] = []
        self._out = out
        self._before = _highest(out) if out is not None else 0

    def keep(self, kind: str, label: str, body: bytes, at: datetime, meta: Mapping[str, str]) -> Received:
        """`label` distinguishes the message from others (its recipient, its channel, an upload's file name)."""
        number = self._before + len(self.items) + 1
        digest = hashlib.sha256(body).hexdigest()
        stem, suffix = (label, _SUFFIX[kind]) if kind in _SUFFIX else _split(label)
        name = f"{number:04}-{slug(stem)}-{digest[:8]}{suffix}"
        item = Received(number, kind, name, body, digest, at, dict(meta))
        self.items.append(item)
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            (self._out / name).write_bytes(body)
        return item

    def of(self, kind: str) -> list[Received]:
        return [item for item in self.items if item.kind == kind]


def _highest(out: Path) -> int:
    """The highest number of a message in the folder; 0 if there is none."""
    if not out.is_dir():
        return 0
    return max((int(found[1]) for one in out.iterdir() if (found := _NUMBERED.match(one.name))), default=0)


def _split(name: str) -> tuple[str, str]:
    """An upload keeps its suffix if it is short and harmless. A dangerous suffix becomes part of the stem."""
    stem, dot, suffix = name.rpartition(".")
    if dot and re.fullmatch(r"[a-z0-9]{1,5}", suffix):
        return stem, f".{suffix}"
    return name, ".bin"

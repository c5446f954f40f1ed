"""Everything that the stand-ins received and accepted: exact bytes, in order, and also on disk if that is wanted."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
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
    """`out` is created when the first message arrives. Only bodies are written there, no headers and no secrets. The
    numbering of files continues after the existing ones, so that the order of names is the order of time.
    """

    def __init__(self, out: Path | None = None) -> None:
        self.items: list[Received] = []
        self._out = out
        self._earlier = _highest(out) if out is not None else 0

    def keep(self, kind: str, label: str, body: bytes, at: datetime, meta: Mapping[str, str]) -> Received:
        """`label` distinguishes the message from others (its recipient, its channel, an upload's file name)."""
        number = len(self.items) + 1
        place = self._earlier + number
        digest = hashlib.sha256(body).hexdigest()
        stem, suffix = (label, _SUFFIX[kind]) if kind in _SUFFIX else _split(label)
        name = f"{place:04}-{slug(stem)}-{digest[:8]}{suffix}"
        item = Received(number, kind, name, body, digest, at, dict(meta))
        self.items.append(item)
        if self._out is not None:
            self._out.mkdir(parents=True, exist_ok=True)
            (self._out / name).write_bytes(body)
        return item

    def of(self, kind: str) -> list[Received]:
        return [item for item in self.items if item.kind == kind]


def as_shown(name: str, text: str) -> str:
    """The text of a post as its receiver shows it. `name`: of its file.

    Slack gets &, < and > as entities: https://docs.slack.dev/messaging/formatting-message-text/#escaping
    """
    return unescape(text) if name.endswith(_SUFFIX["slack"]) else text


def _highest(out: Path) -> int:
    """The number of the last file in a folder that may not exist yet; 0 if it has none."""
    numbers = (_NUMBERED.match(path.name) for path in (out.iterdir() if out.is_dir() else ()))
    return max((int(found[1]) for found in numbers if found), default=0)


def _split(name: str) -> tuple[str, str]:
    """An upload keeps its suffix if it is short and harmless. A dangerous suffix becomes part of the stem."""
    stem, dot, suffix = name.rpartition(".")
    if dot and re.fullmatch(r"[a-z0-9]{1,5}", suffix):
        return stem, f".{suffix}"
    return name, ".bin"

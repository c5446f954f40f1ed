"""Digests, notices and alerts to test templates with: one for each form that a message can have, and the second week of
every shipped schedule. `make golden` writes the files. They are shipped with the templates because their contents name
services; tests/golden/test_samples.py defines what is in them.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from worker import shipped
from worker.domain.alert.notification import Notification
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice

_FOLDER = shipped.folder_of("templates") / "samples"
DIGESTS, NOTICES, ALERTS = _FOLDER / "digests", _FOLDER / "notices", _FOLDER / "alerts"

M = TypeVar("M", Digest, Notice, Notification)


@cache
def digests() -> dict[str, Digest]:
    """By name, sorted."""
    return dict(_read(DIGESTS, Digest))


@cache
def notices() -> dict[str, Notice]:
    """By name, sorted."""
    return dict(_read(NOTICES, Notice))


@cache
def alerts() -> dict[str, Notification]:
    """By name, sorted."""
    return dict(_read(ALERTS, Notification))


def encoded(sample: Digest | Notice | Notification) -> str:
    """The content of a sample's file. It is ASCII because a hostile name has an unpaired surrogate."""
    return json.dumps(msgspec.to_builtins(sample, order="deterministic"), separators=(",", ":")) + "\n"


def _read(folder: Path, kind: type[M]) -> Iterator[tuple[str, M]]:
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stem):
        yield path.stem, msgspec.convert(json.loads(path.read_text("ascii")), kind)

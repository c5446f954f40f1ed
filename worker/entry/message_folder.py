"""A folder for messages as they were delivered. File names are made from slugs and hashes, never from data."""

import hashlib
from pathlib import Path

from worker.domain.delivery import Part


class Folder:
    """`keep` writes the file that a channel makes of one part. A receiver has the part by then, so that it never
    raises: what could not be written is in `failed`, one sentence each.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failed: list[str] = []
        path.mkdir(parents=True, exist_ok=True)

    def keep(self, key: str, part: Part, saved: bytes) -> None:
        mark = hashlib.sha256(f"{key}.{part.number}".encode()).hexdigest()[:8]
        stem, dot, suffix = part.name.partition(".")
        target = self._path / f"{stem}-{mark}{dot}{suffix}"
        try:
            target.write_bytes(saved)
        except OSError as error:
            self.failed.append(f"{target}: the copy of a message that was sent could not be written: {error.strerror}")

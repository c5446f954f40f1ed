"""A folder for messages as they were delivered. File names are made from slugs and hashes, never from data."""

import hashlib
import os
from pathlib import Path

from worker.domain.delivery import Part
from worker.errors import RequestError


class Folder:
    """`keep` writes the file that a channel makes of one part.

    Raises RequestError if the folder cannot be made or written, before anything is sent. `keep` itself raises nothing,
    because the receiver has the message by then. `failed` holds one sentence for each file that it could not write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failed: list[str] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"{path} cannot be written: {error.strerror}") from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise RequestError(f"{path} cannot be written: this user has no right to")

    def keep(self, key: str, part: Part, saved: bytes) -> None:
        mark = hashlib.sha256(f"{key}.{part.number}".encode()).hexdigest()[:8]
        stem, dot, suffix = part.name.partition(".")
        copy = self._path / f"{stem}-{mark}{dot}{suffix}"
        try:
            copy.write_bytes(saved)
        except OSError as error:
            self.failed.append(f"{copy} could not be written: {error.strerror}")

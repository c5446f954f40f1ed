"""A folder for messages as they were delivered. File names are made from slugs and hashes, never from data."""

import hashlib
from pathlib import Path

from worker.channels.slack.lookup import UPLOAD
from worker.channels.slack.upload import upload_body
from worker.domain.delivery import Part


class Folder:
    """`keep` writes the exact bytes of one part. For an upload it writes the file as the receiver got it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)

    def keep(self, key: str, part: Part, sealed: bytes) -> None:
        mark = hashlib.sha256(f"{key}.{part.number}".encode()).hexdigest()[:8]
        if part.kind == UPLOAD:
            sealed = upload_body(sealed)
        stem, dot, suffix = part.name.partition(".")
        (self._path / f"{stem}-{mark}{dot}{suffix}").write_bytes(sealed)

"""Writes a file so that a reader of the directory sees either the complete file or none, also after a power cut."""

import os
import secrets
from pathlib import Path


class FileNotWritten(Exception):
    """`renamed`: the file is there under its name, but it may be gone again after a power cut."""

    def __init__(self, problem: str, *, renamed: bool) -> None:
        self.renamed = renamed
        super().__init__(problem)


def write_whole(path: Path, data: bytes) -> None:
    """Replaces `path`, whose directory must exist. What a process that was killed left of the same file is removed.
    The umask decides who may read it. Raises FileNotWritten.
    """
    renamed = False
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        for left in path.parent.glob(f".{path.name}.*.tmp"):
            left.unlink(missing_ok=True)
        try:
            _write(unfinished, data)
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        renamed = True
        _sync_directory(path.parent)
    except OSError as error:
        raise FileNotWritten(error.strerror or type(error).__name__, renamed=renamed) from error


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

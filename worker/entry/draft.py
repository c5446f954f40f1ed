"""Checks definitions that came as texts, as `check` does with those of a directory."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.adapters.definitions.channel_directories import FILES_DIR, ChannelDirectories, directories_of
from worker.adapters.definitions.secrets import SECRETS_DIR, SecretFiles
from worker.app import registry
from worker.domain.schedule import Bundle
from worker.entry.project_dir import definitions
from worker.entry.template_check import template_complaints, unused
from worker.errors import RequestError
from worker.web.api.drafts import CheckedDraft

_PATH = re.compile(r"funnelbeat\.yaml|(?:schedules|templates|pieces)(?:/[A-Za-z0-9][\w.-]{0,100}){1,6}", re.ASCII)


def checked_draft(files: Mapping[str, str], in_force: Bundle | None = None, *, place: Path = Path("/")) -> CheckedDraft:
    """`in_force`: the deployed definitions, whose channels may still write to their directories. `place`: the project's
    directory, for relative names of secret files. Raises RequestError for a path that cannot be one of a project, or
    that is a folder of another.
    """
    for path in files:
        if not _PATH.fullmatch(path):
            expected = "funnelbeat.yaml, or a file below schedules/, templates/ or pieces/"
            raise RequestError(f"found the path {path!r}, expected {expected}")
    with TemporaryDirectory(prefix="funnelbeat-draft-") as folder:
        for path, text in files.items():
            _write(Path(folder, path), text)
        loaded = definitions(
            Path(folder), secret_files(place, os.environ), channel_directories(place, os.environ, in_force)
        )
    if loaded.bundle is not None:
        faults, lost = template_complaints(loaded.bundle), unused(loaded.bundle)
        loaded = replace(loaded, complaints=(*loaded.complaints, *faults), warnings=(*loaded.warnings, *lost))
    unset = tuple(sorted({secret.name for secret in loaded.secrets if not secret.set}))
    return CheckedDraft(None if loaded.complaints else loaded.bundle, loaded.complaints, loaded.warnings, unset)


def channel_directories(place: Path, environ: Mapping[str, str], in_force: Bundle | None) -> ChannelDirectories:
    """The directories that a draft may let channels write to: none, unless the operator or the deployed definitions
    name some.
    """
    deployed = directories_of(in_force.channels, registry()) if in_force is not None else ()
    return ChannelDirectories(_directories(place, environ.get(FILES_DIR, "")), frozenset(text for *_, text in deployed))


def secret_files(place: Path, environ: Mapping[str, str]) -> SecretFiles:
    """Which files a draft may name as secrets."""
    return SecretFiles(place, _directories(place, environ.get(SECRETS_DIR, "")) or (Path("/run/secrets"),))


def _directories(place: Path, text: str) -> tuple[Path, ...]:
    """A relative one is below the project's directory."""
    named = [one.strip() for one in text.split(":") if one.strip()]
    return tuple(Path(os.path.normpath(place / one)) for one in named)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError:
        raise RequestError(f"found {path.name!r} as a file and as a folder, expected one of them") from None

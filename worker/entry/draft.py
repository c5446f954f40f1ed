"""Checks definitions that came as texts, as `check` does with those of a directory."""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.adapters.definitions.secrets import SECRETS_DIR, SecretFiles
from worker.entry.project_dir import definitions
from worker.entry.template_check import template_complaints, unused
from worker.errors import RequestError
from worker.web.api.drafts import CheckedDraft

_PATH = re.compile(r"funnelbeat\.yaml|(?:schedules|templates|pieces)(?:/[A-Za-z0-9][\w.-]{0,100}){1,6}", re.ASCII)


def checked_draft(files: Mapping[str, str], place: Path = Path("/")) -> CheckedDraft:
    """`place`: the project's directory, for relative names of secret files. Raises RequestError for a path that cannot
    be one of a project, or that is a folder of another.
    """
    for path in files:
        if not _PATH.fullmatch(path):
            expected = "funnelbeat.yaml, or a file below schedules/, templates/ or pieces/"
            raise RequestError(f"found the path {path!r}, expected {expected}")
    with TemporaryDirectory(prefix="funnelbeat-draft-") as folder:
        for path, text in files.items():
            _write(Path(folder, path), text)
        loaded = definitions(Path(folder), secret_files(place, os.environ))
    if loaded.bundle is not None:
        faults, lost = template_complaints(loaded.bundle), unused(loaded.bundle)
        loaded = replace(loaded, complaints=(*loaded.complaints, *faults), warnings=(*loaded.warnings, *lost))
    unset = tuple(sorted({secret.name for secret in loaded.secrets if not secret.set}))
    return CheckedDraft(None if loaded.complaints else loaded.bundle, loaded.complaints, loaded.warnings, unset)


def secret_files(place: Path, environ: Mapping[str, str]) -> SecretFiles:
    """Which files a draft may name as secrets."""
    named = [one.strip() for one in environ.get(SECRETS_DIR, "").split(":") if one.strip()]
    return SecretFiles(place, tuple(Path(os.path.normpath(place / one)) for one in named or ["/run/secrets"]))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError:
        raise RequestError(f"found {path.name!r} as a file and as a folder, expected one of them") from None

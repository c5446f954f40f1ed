"""Finds and reads a project's files, with limits on their size. Links that leave the project are refused."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from worker.adapters.definitions.place import Findings
from worker.adapters.definitions.yaml_nodes import LARGEST
from worker.errors import Complaint

PROJECT_FILE = "funnelbeat.yaml"
SCHEDULES = "schedules"
TEMPLATES = "templates"
PIECES = "pieces"
"""Files that schedules extend; none of them is a schedule."""
WORDS = "templates/words"
"""The project's own languages."""

ID = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
"""A schedule's id: its path below schedules/ without the suffix."""
PIECE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.ya?ml")
"""The path of a piece below pieces/."""
_SUFFIXES = (".yaml", ".yml")
_MEANT = {
    SCHEDULES: (*_SUFFIXES, ".yaml.txt", ".yml.txt", ".json"),
    TEMPLATES: (".j2", ".j2.txt", ".jinja", ".jinja2", ".html"),
    WORDS: (*_SUFFIXES, ".yaml.txt", ".yml.txt", ".json"),
}
"""Suffixes, in lower case, of files that were probably meant to be read."""


@dataclass(frozen=True, slots=True)
class DefinitionFile:
    """`path` as complaints print it: relative to the project, with slashes."""

    path: str
    data: bytes


def project_file(directory: Path, findings: Findings) -> DefinitionFile | None:
    if not directory.is_dir():
        found = f"no directory {directory.name!r}"
        findings.refuse_file(
            PROJECT_FILE, found, "name the project's directory with --project, or begin with `funnelbeat init DIR`"
        )
        return None
    if not _lies_in(directory, PROJECT_FILE):
        misnamed = (directory / "funnelbeat.yml").exists()
        begin = "name a project with --project, or begin with `funnelbeat init DIR`"
        findings.refuse_file(PROJECT_FILE, "no such file", "call funnelbeat.yml that" if misnamed else begin)
        return None
    return _read(directory, directory / PROJECT_FILE, findings)


def schedule_files(directory: Path, findings: Findings) -> Iterator[DefinitionFile]:
    """Every YAML file below schedules/, sorted by path. Hidden files and other suffixes are skipped. A directory with
    neither of the two is no project, which `project_file` has said.
    """
    if not (directory / SCHEDULES).is_dir():
        if _lies_in(directory, PROJECT_FILE):
            findings.refuse_file(SCHEDULES, "no such directory", "make it; each file in it is one schedule")
        return
    yield from _files(directory, SCHEDULES, _SUFFIXES, findings)


def piece(directory: Path, path: str, findings: Findings) -> DefinitionFile | None:
    """`path`: relative to the project. None if there is no such file, and after a complaint."""
    return _read(directory, directory / path, findings) if _lies_in(directory, path) else None


def _lies_in(directory: Path, path: str) -> bool:
    """Also a link that leads nowhere, which is complained about when it is read."""
    return (directory / path).exists() or (directory / path).is_symlink()


def templates(directory: Path, findings: Findings) -> dict[str, str]:
    """Path below templates/ → text of the project's own template."""
    if not (directory / TEMPLATES).is_dir():
        return {}
    texts: dict[str, str] = {}
    for source in _files(directory, TEMPLATES, (".j2",), findings):
        try:
            texts[source.path.removeprefix(f"{TEMPLATES}/")] = source.data.decode()
        except UnicodeDecodeError as error:
            line = source.data.count(b"\n", 0, error.start) + 1
            findings.refuse_file(source.path, "bytes that are not UTF-8", "save the file as UTF-8", line)
    return texts


def word_files(directory: Path, findings: Findings) -> Iterator[DefinitionFile]:
    """Every YAML file of templates/words/, sorted by path."""
    if (directory / WORDS).is_dir():
        yield from _files(directory, WORDS, _SUFFIXES, findings)


def _files(directory: Path, below: str, suffixes: tuple[str, ...], findings: Findings) -> Iterator[DefinitionFile]:
    top = directory / below
    paths: list[Path] = []
    for folder, folders, names in os.walk(top, onerror=lambda e: _unreadable(directory, e, findings)):
        folders[:] = [
            name for name in folders if not name.startswith(".") and not _is_link(directory, folder, name, findings)
        ]
        paths += [Path(folder, n) for n in names if not n.startswith(".") and n.endswith(suffixes)]
        paths += [Path(folder, n) for n in folders if n.endswith(suffixes)]
        for name in names:
            if not name.endswith(suffixes) and name.lower().endswith(_MEANT[below]):
                expected = f"end its name in {suffixes[0]}, or take it away"
                shown = _shown(directory, Path(folder, name))
                findings.warnings.append(Complaint(shown, 1, 1, "a file that is not read", expected))
    for path in sorted(paths, key=lambda p: p.relative_to(top).parts):
        source = _read(directory, path, findings)
        if source is not None:
            yield source


def _is_link(directory: Path, folder: str, name: str, findings: Findings) -> bool:
    """A linked directory may lead anywhere, or in circles. It is reported, not silently skipped."""
    path = Path(folder, name)
    if not path.is_symlink():
        return False
    findings.refuse_file(_shown(directory, path), "a link to a directory", "put the directory itself here")
    return True


def _unreadable(directory: Path, error: OSError, findings: Findings) -> None:
    path = _shown(directory, Path(os.fsdecode(error.filename or "")))
    findings.refuse_file(path, f"a directory that cannot be read ({error.strerror})", "let this user read it")


def _read(directory: Path, path: Path, findings: Findings) -> DefinitionFile | None:
    shown = _shown(directory, path)
    # The folders above a piece are named by a definition. Those above other files were walked, and hold no links.
    linked = path.is_symlink() or path.is_relative_to(directory / PIECES)
    if linked and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory)):
        findings.refuse_file(shown, "a link that leads out of the project", "put the file itself here")
        return None
    if not path.is_file():
        findings.refuse_file(shown, "what is not a file", "put a file here, or give it another name")
        return None
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        findings.refuse_file(shown, f"a file that cannot be read ({error.strerror})", "let this user read it")
        return None
    if len(data) > LARGEST:
        findings.refuse_file(shown, "a file of more than 1 MB", "split it: one schedule is a page of text")
        return None
    return DefinitionFile(shown, data)


def _shown(directory: Path, path: Path) -> str:
    """Names that are not text, or hold line breaks, are shown with escapes."""
    relative = path.relative_to(directory).as_posix() if path.is_relative_to(directory) else path.name
    text = relative.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)

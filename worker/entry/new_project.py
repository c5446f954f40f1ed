"""Writes a project's first files. Existing files are never overwritten."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from worker.errors import RequestError
from worker.plugins import CHANNELS, SANDBOX, SOURCES
from worker.shipped import folder_of

PROJECT_FILE = "funnelbeat.yaml"
LONGEST_NAME = 63
"""Characters that a project's name may have."""

_PROJECT = """\
# What this project talks to. {what}
project: {name}
connections:
{connections}
channels:
{channels}
defaults: {{timezone: Europe/Berlin, locale: en_GB, week_start: monday, operator: ops@acme.example}}
"""
_SANDBOX_ONLY = "Everything here is a sandbox on this machine: no account, no key."
_SANDBOX_MAIL = "Messages go to a sandbox on this machine until a channel is yours."


def sandbox_project(name: str) -> str:
    """funnelbeat.yaml of a project that needs no account: a stand-in of every service, and examples of real
    connections.
    """
    connections = (
        f"  {kind.type}: {{type: {kind.stand_in.type}}}\n  # yours: {kind.example}" for kind in SOURCES if kind.stand_in
    )
    return _PROJECT.format(
        what=_SANDBOX_ONLY, name=slug(name), connections="\n".join(connections), channels=_sandbox_channels()
    )


def own_project(name: str, service: str, options: str) -> str:
    """funnelbeat.yaml with one connection to a person's own service. `options`: the inside of a mapping in YAML."""
    connection = f"  {service}: {{{options}}}"
    return _PROJECT.format(what=_SANDBOX_MAIL, name=slug(name), connections=connection, channels=_sandbox_channels())


def _sandbox_channels() -> str:
    shown = (kind for kind in CHANNELS if kind.example)
    return "\n".join(f"  {kind.type}: {{type: {SANDBOX}}}\n  # yours: {kind.example}" for kind in shown)


def write_project(target: Path, name: str) -> None:
    """The sandbox project and the example schedules. Raises RequestError as `write_new`."""
    examples = sorted(folder_of("schedules").glob("*.yaml"))
    schedules = {example.stem: example.read_text(encoding="utf-8") for example in examples}
    write_new(target, sandbox_project(name), schedules)


def write_new(target: Path, project: str, schedules: Mapping[str, str]) -> None:
    """`schedules`: id → text. funnelbeat.yaml is written last and in one step, because it makes the directory a
    project.

    Raises RequestError if a file exists already (then nothing is written), or if one cannot be written.
    """
    refuse_overwriting(target, schedules)
    try:
        (target / "schedules").mkdir(parents=True, exist_ok=True)
        for name, text in schedules.items():
            with (target / "schedules" / f"{name}.yaml").open("x", encoding="utf-8") as file:
                file.write(text)
        unfinished = target / f".{PROJECT_FILE}.new"
        unfinished.write_text(project, encoding="utf-8")
        unfinished.replace(target / PROJECT_FILE)
    except OSError as error:
        raise RequestError(f"{target} cannot be written: {error.strerror}") from None


def refuse_overwriting(target: Path, schedules: Iterable[str] = ()) -> None:
    """Raises RequestError that names the first existing file."""
    wanted = [target / PROJECT_FILE, target / "funnelbeat.yml"]
    wanted += [target / "schedules" / f"{name}.yaml" for name in schedules]
    there = next((path for path in wanted if path.exists() or path.is_symlink()), None)
    if there is not None:
        raise RequestError(f"{there} is there already; init writes over nothing: take another directory")


def slug(name: str) -> str:
    """A directory's name as the name of a project: letters without accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or "funnelbeat"

"""Writes a project's first files. Existing files are never overwritten."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from worker.adapters.definitions.schema import schema
from worker.app import registry
from worker.errors import RequestError
from worker.plugins import CHANNELS, SANDBOX, SOURCES
from worker.shipped import folder_of

PROJECT_FILE = "funnelbeat.yaml"
LONGEST_NAME = 63
"""Characters that a project's name may have."""

SCHEMAS = ".funnelbeat/schemas"
"""Where the JSON Schemas for editors are. `check --write-schemas` writes them there again."""

_MODELINE = "# yaml-language-server: $schema={path}\n"
_PROJECT = """\
# What this project talks to. {what}
project: {name}
connections:
{connections}
channels:
{channels}
defaults: {{timezone: {zone}, locale: {locale}, week_start: monday, operator: {operator}}}
"""
_SANDBOX_ONLY = "Everything here is a sandbox on this machine: no account, no key."
_OWN = "Secrets come from the environment; no key is in these files."
_SANDBOX_MAIL = "Messages go to a sandbox on this machine until a channel is yours."
_IGNORED = """\
# Redis, the sandbox's messages and schemas. They hold names of customers.
.funnelbeat/
.env
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and for whom the first digest is. The shipped examples are written for the defaults. `address`: the reader,
    in the form of `channel`. `operator`: who is notified of failures.
    """

    zone: str = "Europe/Berlin"
    locale: str = "en_GB"
    channel: str = "email"
    address: str = "sales@acme.example"
    operator: str = "ops@acme.example"


EXAMPLE = Place()


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A channel with the person's own options. `options`: the inside of a mapping in YAML."""

    name: str
    options: str


@dataclass(frozen=True, slots=True)
class NewProject:
    """`project`: funnelbeat.yaml. `schedules`: id → text. `variables`: environment variables that the project needs."""

    project: str
    schedules: Mapping[str, str]
    variables: tuple[str, ...] = ()
    place: Place = field(default=EXAMPLE)


def sandbox_project(name: str, place: Place = EXAMPLE) -> NewProject:
    """A project that needs no account: a stand-in of every service, examples of real connections, and the shipped
    schedules.
    """
    connections = (
        f"  {kind.type}: {{type: {kind.stand_in.type}}}\n  # yours: {kind.example}" for kind in SOURCES if kind.stand_in
    )
    examples = sorted(folder_of("schedules").glob("*.yaml"))
    text = _project(_SANDBOX_ONLY, name, "\n".join(connections), _sandbox_channels(), place)
    return NewProject(text, {one.stem: one.read_text(encoding="utf-8") for one in examples}, place=place)


def own_project(
    name: str,
    service: str,
    options: str,
    schedules: Mapping[str, str],
    variables: tuple[str, ...] = (),
    channel: OwnChannel | None = None,
    place: Place = EXAMPLE,
) -> NewProject:
    """A project with one connection to a person's own service. `options`: the inside of a mapping in YAML. `channel`:
    None for the sandbox's channels.
    """
    connection = f"  {service}: {{{options}}}"
    channels = f"  {channel.name}: {{{channel.options}}}" if channel else _sandbox_channels()
    text = _project(_OWN if channel else _SANDBOX_MAIL, name, connection, channels, place)
    return NewProject(text, schedules, variables, place)


def _project(what: str, name: str, connections: str, channels: str, place: Place) -> str:
    return _PROJECT.format(
        what=what,
        name=slug(name),
        connections=connections,
        channels=channels,
        zone=place.zone,
        locale=place.locale,
        operator=place.operator,
    )


def _sandbox_channels() -> str:
    shown = (kind for kind in CHANNELS if kind.example)
    return "\n".join(f"  {kind.type}: {{type: {SANDBOX}}}\n  # yours: {kind.example}" for kind in shown)


def fitted(text: str, place: Place) -> str:
    """An example schedule for another zone, channel and reader. The room stays an example."""
    entry = f"channel: {EXAMPLE.channel}, address: {EXAMPLE.address}"
    own = f"channel: {place.channel}, address: {json.dumps(place.address)}"
    text = text.replace(f"timezone: {EXAMPLE.zone}", f"timezone: {place.zone}")
    return text if place.address == EXAMPLE.address else text.replace(entry, own)


def write_project(target: Path, name: str, place: Place = EXAMPLE) -> tuple[str, ...]:
    """The sandbox project and the example schedules. Returns and raises as `write_new`."""
    return write_new(target, sandbox_project(name, place))


def write_new(target: Path, new: NewProject) -> tuple[str, ...]:
    """funnelbeat.yaml is written last and in one step, because it makes the directory a project. Returns a sentence for
    each file beside the definitions that exists already and stays as it is.

    Raises RequestError if a definition exists already (then nothing is written), or if a file cannot be written.
    """
    refuse_overwriting(target, new.schedules)
    try:
        (target / "schedules").mkdir(parents=True, exist_ok=True)
        for name, text in new.schedules.items():
            path = target / "schedules" / f"{name}.yaml"
            with path.open("x", encoding="utf-8") as file:
                file.write(modeline(target, path, "schedule") + fitted(text, new.place))
        kept = tuple(_beside(target, new.variables))
        write_schemas(target)
        unfinished = target / f".{PROJECT_FILE}.new"
        unfinished.write_text(modeline(target, target / PROJECT_FILE, "project") + new.project, encoding="utf-8")
        unfinished.replace(target / PROJECT_FILE)
    except OSError as error:
        raise RequestError(f"{target} cannot be written: {error.strerror}") from None
    return kept


def _beside(target: Path, variables: tuple[str, ...]) -> Iterable[str]:
    """Writes .gitignore and .env.example."""
    files = {".gitignore": _IGNORED}
    if variables:
        head = "# Copy to .env and fill in. Every command reads .env; variables of the environment take precedence.\n"
        files[".env.example"] = head + "".join(f"{variable}=\n" for variable in variables)
    for name, text in files.items():
        try:
            with (target / name).open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            yield f"{target / name} exists already and is not changed; add: {text.splitlines()[1]}"


def modeline(target: Path, file: Path, kind: str) -> str:
    """The first line of a file, by which editors find its schema."""
    up = "../" * (len(file.relative_to(target).parts) - 1) or "./"
    return _MODELINE.format(path=f"{up}{SCHEMAS}/{kind}.json")


def write_schemas(target: Path) -> None:
    """The JSON Schema of each kind of file. Raises OSError."""
    folder = target / SCHEMAS
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in zip(("project", "schedule"), schema(registry()).values(), strict=True):
        (folder / f"{name}.json").write_text(json.dumps(one, indent=1) + "\n", encoding="utf-8")


def refuse_overwriting(target: Path, schedules: Iterable[str] = ()) -> None:
    """Raises RequestError that names the first existing file."""
    wanted = [target / PROJECT_FILE, target / "funnelbeat.yml"]
    wanted += [target / "schedules" / f"{name}.yaml" for name in schedules]
    there = next((path for path in wanted if path.exists() or path.is_symlink()), None)
    if there is not None:
        raise RequestError(f"{there} exists already; init overwrites nothing: choose another directory")


def slug(name: str) -> str:
    """A directory's name as the name of a project: letters without accents, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_NAME].strip("-") or "funnelbeat"

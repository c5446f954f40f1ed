"""Secrets that are set, but of another kind than the option needs. Only the service knows whether a secret is right."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.place import Sheet
from worker.adapters.definitions.project import Project
from worker.adapters.definitions.secrets import resolve
from worker.errors import RequestError
from worker.ports.kinds import Option


def warn_of_mistaken(sheet: Sheet, made: Project, kinds: Registry, environ: Mapping[str, str], directory: Path) -> None:
    """A warning and not a complaint, because other secrets may be set on the machine where the project runs."""
    for name, channel in made.channels.items():
        for option_name, option in _named(kinds.channels[channel.type].options):
            text = channel.options.get(option_name)
            if option.mistaken is None or text is None:
                continue
            try:
                value = resolve({option_name: text}, environ, directory)[option_name]
            except RequestError:  # not set, which `check` says
                continue
            found = option.mistaken(value)
            if found is not None:
                path = ("channels", name, *option_name.split("."))
                sheet.warn(path, f"`{option.name}` with {found[0]}", f"write {found[1]}")


def _named(options: tuple[Option, ...]) -> Iterator[tuple[str, Option]]:
    for option in options:
        yield option.name, option
        yield from ((f"{option.name}.{one.name}", one) for one in option.group)

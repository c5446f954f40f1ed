"""docker-compose.yml as a test reads it: defaults filled in as compose does, and each service's command line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*))?\})")


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """`${NAME:-default}` and `$$` in every text, as the compose specification has them."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _one(found, variables), value)
    if isinstance(value, list):
        return [filled(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, variables) for key, item in value.items()}
    return value


def _one(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "$"
    return variables.get(found["name"]) or found["default"] or ""


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return found


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = filled(document(), variables)["services"]
    return found


def networks() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document()["networks"]
    return found


def instruction(name: str) -> list[str]:
    """The last such line of the Dockerfile, where it is a list."""
    lines = re.findall(rf"^(?:  )?{name} (\[.*\])$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    words: list[str] = yaml.safe_load(lines[-1])
    return words


@dataclass(frozen=True)
class Service:
    """`words`: the whole command line. `mounts`: path inside → path outside, or the volume's name."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    mounts: Mapping[str, str]


def service(name: str, variables: Mapping[str, str]) -> Service:
    told = services(variables)[name]
    entry = told.get("entrypoint") or (instruction("ENTRYPOINT") if "build" in told else [])
    mounts = dict(reversed(volume.split(":")[:2]) for volume in told.get("volumes", ()))
    return Service((*entry, *told["command"]), told.get("environment", {}), mounts)

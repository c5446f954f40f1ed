"""The Dockerfile's first stage without an engine: its COPY and RUN lines as they stand, in a directory of a test."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.machines.compose import ROOT

BUILD_ENVIRONMENT = "python -m venv /build"
"""Begins the step that makes what `make setup` made of the same lock; it is not done again."""


def steps() -> Iterator[tuple[str, str]]:
    """Instruction and the rest of its line, up to the second FROM; lines that a backslash continues are joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    (stage,) = re.findall(r"^FROM \S+ AS build\n(.*?)^FROM ", text, re.MULTILINE | re.DOTALL)
    for line in stage.splitlines():
        instruction, _, rest = line.partition(" ")
        yield instruction, rest.strip()


def copied() -> list[tuple[str, str]]:
    """What the stage takes from the clone, and the directory or name that it gets there."""
    lines = [rest.split() for instruction, rest in steps() if instruction == "COPY"]
    return [(source, target) for *sources, target in lines for source in sources]


def build(place: Path) -> Path:
    """Returns the virtual environment that becomes the image's /app. `place` is empty. Raises AssertionError with
    what a failed step printed.
    """
    source = place / "src"
    source.mkdir()
    for path, target in copied():
        _copy(ROOT / path, source / target)
    for instruction, command in steps():
        if instruction == "RUN" and not command.startswith(BUILD_ENVIRONMENT):
            _run(_here(command, place), source)
    return place / "app"


def _copy(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.mkdir(exist_ok=True)
        shutil.copy(path, target)


def _here(command: str, place: Path) -> str:
    """The image's directories become directories of this machine."""
    directories = {"/build": Path(sys.prefix), "/app": place / "app", "/dist": place / "dist"}
    pattern = rf"(?<!\S)({'|'.join(directories)})(?=[/\s]|$)"
    return re.sub(pattern, lambda found: shlex.quote(str(directories[found[1]])), command)


def _run(command: str, directory: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = f"{sys.prefix}/bin:{environment['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-ec", command], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

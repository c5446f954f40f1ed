"""The image is built twice, each time from a fresh clone of the present commit, by the command of docs/operations."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.containers.engine import ROOT, Engine, works

pytestmark = pytest.mark.containers
MORE = shlex.split(os.environ.get("BUILD_OPTIONS", ""))
"""Such as `--network host`."""


def said(*words: str, place: Path = ROOT) -> str:
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def command(program: str, tag: str, commit_time: str) -> list[str]:
    given = [*MORE, "--no-cache", "--build-arg", f"SOURCE_DATE_EPOCH={commit_time}"]
    if program == "podman":
        return ["buildah", "build", "--format", "docker", "--timestamp", commit_time, *given, "--tag", tag, "."]
    return ["docker", "buildx", "build", *given, "--output", f"type=docker,name={tag},rewrite-timestamp=true", "."]


def built(engine: Engine, place: Path, tag: str) -> dict[str, Any]:
    said("git", "clone", "--quiet", str(ROOT), str(place))
    said(*command(engine.program, tag, said("git", "log", "-1", "--pretty=%ct", place=place)), place=place)
    (told,) = json.loads(said(engine.program, "image", "inspect", tag))
    found: dict[str, Any] = told
    return found


@pytest.mark.timeout(3600)
def test_two_clones_of_one_commit_give_the_same_layers(engine: Engine, tmp_path: Path) -> None:
    builder = ("buildah", "version") if engine.program == "podman" else ("docker", "buildx", "version")
    if not works(*builder):
        pytest.skip(f"there is no {' '.join(builder[:-1])}")
    tags = ["funnelbeat-check:one", "funnelbeat-check:two"]
    try:
        one, two = (built(engine, tmp_path / str(number), tag) for number, tag in enumerate(tags))
        assert one["RootFS"] == two["RootFS"]
        assert one["Created"] == two["Created"]
    finally:
        subprocess.run([engine.program, "image", "rm", "--force", *tags], capture_output=True, check=False)

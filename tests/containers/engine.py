"""docker-compose.yml with a container engine of this machine: Docker with Compose, or Podman with podman-compose."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FILES = ("-f", "docker-compose.yml")
PODMAN = ("-f", "docker/podman.yml")
NAME = "funnelbeat-check"
"""Of the Compose project: nothing of another one is touched."""


def found() -> tuple[str, tuple[str, ...]] | None:
    """The engine's command, and Compose's for it. Docker is preferred."""
    if works("docker", "info"):
        for compose in (("docker", "compose"), ("docker-compose",)):
            if works(*compose, "version"):
                return "docker", (*compose, *FILES)
    if works("podman", "info") and works("podman-compose", "version"):
        return "podman", ("podman-compose", *FILES, *PODMAN)
    return None


def works(*words: str) -> bool:
    found = shutil.which(words[0])
    return found is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Engine:
    """`variables`: those of docker-compose.yml."""

    program: str
    composing: tuple[str, ...]
    variables: Mapping[str, str]

    def compose(self, *words: str) -> str:
        return self._run(*self.composing, "-p", NAME, *words)

    def container(self, service: str) -> str:
        labels = (f"com.docker.compose.project={NAME}", f"com.docker.compose.service={service}")
        filters = (word for label in labels for word in ("--filter", f"label={label}"))
        (name,) = self._run(self.program, "ps", "--all", "--quiet", *filters).split()
        return name

    def inside(self, service: str, *words: str) -> str:
        return self._run(self.program, "exec", self.container(service), *words)

    def tell(self, command: str, service: str, *words: str) -> str:
        """A command of the engine about the container of a service, such as `kill`."""
        return self._run(self.program, command, *words, self.container(service))

    def health(self, service: str) -> int:
        """Exit status of the service's own health check, run now: an engine without timers runs none by itself."""
        (told,) = json.loads(self.tell("inspect", service))
        kind, *words = (told["Config"].get("Healthcheck") or told["Config"]["Health"])["Test"]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        asked = [self.program, "exec", self.container(service), *command]
        return subprocess.run(asked, capture_output=True, check=False).returncode

    def funnelbeat(self, *words: str) -> Any:
        return json.loads(self.inside("clock", "funnelbeat", *words, "--json"))

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            words, cwd=ROOT, env={**os.environ, **self.variables}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

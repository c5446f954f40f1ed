"""The main job on embedded defaults: Redis, the sandbox, one clock, one Celery worker, and what they delivered."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from worker.adapters.event_log import configure
from worker.domain.run import Run
from worker.entry import console
from worker.entry.family import Family
from worker.entry.place import bundle_of, child_environment, redis_for
from worker.entry.processes import deploy_now
from worker.entry.project_commands import write_project
from worker.sandbox.server import SandboxThread

EXAMPLE = "weekly-pipeline"
PATIENCE = 180.0
"""Seconds for two runs ten seconds apart, on a slow machine."""


@dataclass(frozen=True, slots=True)
class Story:
    """The example's runs on both sides of the step, and when the pipeline stood still for the first and the second."""

    before: Run
    after: Run
    read_from: datetime
    read_to: datetime


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after two delivered runs of the example.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Where every delivered message goes.")] = Path("demo-out"),
) -> None:
    """Run the main job with no account: everything it talks to is a sandbox on this machine."""
    with console.guarded(as_json=False), tempfile.TemporaryDirectory(prefix="funnelbeat-demo-") as scratch:
        place = Path(scratch) / "demo"
        write_demo_project(place)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        bundle = bundle_of(place)
        with redis_for(place) as base, SandboxThread(out=out) as box:
            settings = Settings_with(base, box)
            configure(settings.log_level)
            deploy_now(bundle, settings, place)
            environment = child_environment(settings, bundle.project)
            with Family(("clock", "worker"), place, environment, log=Path(scratch)) as family:
                play(bundle, settings, box, family, out, once=once)


def write_demo_project(place: Path) -> None:
    """The sandbox project, its example schedule fired every ten seconds instead of on Mondays."""
    write_project(place, "demo")
    path = place / "schedules" / f"{EXAMPLE}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = ["when: {every: 10s, timezone: Europe/Berlin}" if line.startswith("when:") else line for line in lines]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")

"""The command that runs a clock until it is stopped."""

import asyncio

import typer

from worker.adapters.event_log import configure
from worker.entry import console
from worker.entry.clock import run_clock
from worker.entry.options import Project, directory
from worker.entry.ownership import fit_to_start
from worker.entry.project_name import project_name
from worker.entry.project_redis import redis_for


def clock(ctx: typer.Context, project: Project = None) -> None:
    """Claim due slots and publish them, until it is stopped."""
    with console.guarded(as_json=False):
        place = directory(ctx, project)
        with redis_for(place) as settings:
            configure(settings.log_level)
            name = project_name(place, settings)
            fit_to_start(settings, name, place)
            asyncio.run(run_clock(settings, name, place))


COMMANDS = {"clock": clock}

"""sandbox: the simulated accounts that `up` runs beside a project of type sandbox."""

import typer

from worker.documents.sandbox import step_document
from worker.entry import console
from worker.entry.moving_sandbox import control_of, note_move
from worker.entry.options import Json, Project, directory
from worker.sandbox.steps import in_words, step

sandbox_group = typer.Typer(no_args_is_help=True, help="The sandbox that `up` runs for this project.")


@sandbox_group.command("step")
def step_command(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """Move the sandbox's pipeline now: deals are won, lost, raised and created. The next digest has a bridge."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        events = step(control_of(place))
        note_move(place)
    if as_json:
        console.show_json(step_document(events))
    else:
        console.out.print(f"The sandbox's pipeline moved: {in_words(events)}.", markup=False)


GROUPS = {"sandbox": sandbox_group}

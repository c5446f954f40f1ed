"""settings: what is in force, and where each setting is from."""

import typer

from worker.documents.settings import settings_document
from worker.entry import console
from worker.entry.options import SET_BY, Json, Project, directory
from worker.entry.project_redis import STATE
from worker.settings import read, sources, unknown


def settings(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """Show the settings in use and where each comes from. Passwords and keys are masked."""
    with console.guarded(as_json=as_json):
        own = {"redis_url": f"embedded, {directory(ctx, project) / STATE}"}
        set_by = ctx.find_root().meta.get(SET_BY)
        rows = [(one.name, one.value or own.get(one.name, ""), one.origin) for one in sources(read(), set_by=set_by)]
    if as_json:
        console.show_json(settings_document(rows))
        return
    for sentence in unknown():
        console.err.print(f"warning: {sentence}", markup=False)
    console.print_columns(("Setting", "Value", "From"), [(name, value or "–", origin) for name, value, origin in rows])


COMMANDS = {"settings": settings}

"""Commands for a project's own templates: templates list, show, init, check."""

from typing import Annotated

import typer

from worker.app import registry
from worker.documents.templates import (
    template_check_document,
    template_text_document,
    templates_document,
    written_document,
)
from worker.entry import console
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import bundle_of, definitions
from worker.entry.template_check import template_complaints, unused
from worker.entry.template_files import (
    all_names,
    existing,
    language_rows,
    new_folder,
    starting_copies,
    template_rows,
    text_in_force,
    write,
)
from worker.errors import DefinitionError, RequestError

templates = typer.Typer(
    help="The templates of messages: what there is, starting copies, and a check with samples.", no_args_is_help=True
)


@templates.command("list")
def list_templates(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """List all templates and languages, and which of them the project replaces."""
    with console.guarded(as_json=as_json):
        bundle = bundle_of(directory(ctx, project))
        rows, languages = list(template_rows(bundle)), list(language_rows(bundle, registry()))
    if as_json:
        console.show_json(templates_document(rows, languages))
        return
    console.print_columns(
        ("Template", "Used for", "From", "Blocks"),
        [
            (one.path, ", ".join(one.forms) or "others", _whose(one.shipped, one.own), ", ".join(one.blocks))
            for one in rows
        ],
    )
    console.out.print()
    console.print_columns(
        ("Language", "From", "Lacks"),
        [(one.language, _whose(one.shipped, one.own), str(len(one.lacks) or "")) for one in languages],
    )


def _whose(shipped: bool, own: bool) -> str:  # two columns of one row
    if shipped:
        return "project, over Funnelbeat's" if own else "Funnelbeat"
    return "project"


@templates.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `list` names it; shipped/NAME for Funnelbeat's own.")],
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Print the text of the template in use: the project's, else the one that Funnelbeat ships."""
    with console.guarded(as_json=as_json):
        bundle = bundle_of(directory(ctx, project))
        text = text_in_force(bundle, name)
    if as_json:
        console.show_json(template_text_document(name, text, own=name in bundle.templates))
    else:
        console.out.print(text, markup=False, end="")


@templates.command("init")
def init(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A template, a folder, or a language as words/fr.yaml.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every template that a channel fills.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write over files that are there.")] = False,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Write starting copies into the project's templates/. They extend what Funnelbeat ships and list its blocks."""
    with console.guarded(as_json=as_json):
        place = directory(ctx, project)
        if (name is None) is not every:
            raise RequestError(f"found {'both' if every else 'neither'} of NAME and --all, expected one of them")
        bundle, kinds = bundle_of(place), registry()
        names = all_names() if name is None else [name]
        copies = {path: text for one in names for path, text in starting_copies(bundle, kinds, one).items()}
        there = existing(place, copies)
        if there and not yes:
            raise RequestError(f"nothing was written: {', '.join(there)} exists; add --yes to write over it")
        note = "" if name is None or there else new_folder(bundle, name)
        written = write(place, copies)
    if note:
        console.err.print(note, markup=False)
    if as_json:
        console.show_json(written_document(written))
    else:
        for path in written:
            console.out.print(f"Wrote {path}.", markup=False)


@templates.command("check")
def check(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """Render the project's own templates with samples of every kind of message, and report each fault with its template
    and line. Also report missing words of the project's languages.
    """
    with console.guarded(as_json=as_json):
        loaded = definitions(directory(ctx, project))
        if loaded.bundle is None:
            raise DefinitionError(loaded.complaints)
        bundle = loaded.bundle
        with console.progress("Filling templates", quiet=as_json):
            found = template_complaints(bundle)
        warnings = [one for one in loaded.warnings if one.path.startswith("templates/")]
        warnings += unused(bundle)
        languages = list(language_rows(bundle, registry()))
    if as_json:
        console.show_json(template_check_document(found, warnings, languages))
    else:
        for line in (*found, *(f"warning: {one}" for one in warnings)):
            console.err.print(str(line), markup=False)
        if not found:
            console.out.print(f"{_counted(len(bundle.templates))} of the project's own, no faults.")
    if found:
        raise typer.Exit(console.WRONG)


def _counted(number: int) -> str:
    return f"{number} template{'' if number == 1 else 's'}"


GROUPS = {"templates": templates}

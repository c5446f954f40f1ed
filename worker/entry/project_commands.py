"""check: what is wrong with a project's files."""

from dataclasses import replace
from typing import Annotated

import typer

from worker.adapters.definitions.schema import schema
from worker.app import registry
from worker.entry import console
from worker.entry.check_output import CheckFormat, show_check
from worker.entry.expanded_output import explain as explained
from worker.entry.new_project import SCHEMAS, write_schemas
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import definitions
from worker.entry.template_check import template_complaints, unused
from worker.errors import RequestError


def check(
    ctx: typer.Context,
    project: Project = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat unset secrets and warnings as errors.")] = False,
    print_schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for editors.")] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="ID",
            help="Print a schedule or an alert's rule with every default and what it extends.",
        ),
    ] = None,
    editors: Annotated[
        bool, typer.Option("--write-schemas", help=f"Write the JSON Schemas for editors to {SCHEMAS}.")
    ] = False,
    format_: Annotated[
        CheckFormat | None, typer.Option("--format", help="text, json, github (annotations) or sarif (2.1.0).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Report everything that is wrong with the project's files in one pass, as file:line:column."""
    with console.guarded(as_json=as_json):
        if as_json and format_ not in {None, CheckFormat.JSON}:
            raise RequestError(f"found --format {format_} beside --json; write one of them")
        if print_schema:
            console.show_json(schema(registry()))
            return
        if editors:
            write_schemas(directory(ctx, project))
        loaded = definitions(directory(ctx, project))
        if loaded.bundle is not None:
            faults, lost = template_complaints(loaded.bundle), unused(loaded.bundle)
            loaded = replace(loaded, complaints=(*loaded.complaints, *faults), warnings=(*loaded.warnings, *lost))
    if explain is not None and loaded.bundle is not None and not loaded.complaints:
        with console.guarded(as_json=as_json):
            explained(loaded, loaded.bundle, explain, as_json=as_json)
        return
    wrong = bool(loaded.complaints) or (
        strict and (bool(loaded.warnings) or not all(one.set for one in loaded.secrets))
    )
    asked = CheckFormat.JSON if as_json else format_ or CheckFormat.TEXT
    show_check(loaded, directory(ctx, project), asked, clean=not wrong)
    if wrong:
        raise typer.Exit(console.WRONG)


COMMANDS = {"check": check}

"""check: what is wrong with a project's files."""

from dataclasses import replace
from typing import Annotated

import typer

from worker.adapters.definitions.schema import schema
from worker.app import registry
from worker.documents.definitions import check_document
from worker.entry import console
from worker.entry.new_project import SCHEMAS, write_schemas
from worker.entry.options import Json, Project, directory
from worker.entry.project_dir import definitions
from worker.entry.rule_output import show_rules
from worker.entry.template_check import template_complaints, unused


def check(
    ctx: typer.Context,
    project: Project = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat unset secrets and warnings as errors.")] = False,
    print_schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for editors.")] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="ID", help="Print an alert rule, or all rules of a schedule, written out in full."
        ),
    ] = None,
    editors: Annotated[
        bool, typer.Option("--write-schemas", help=f"Write the JSON Schemas for editors to {SCHEMAS}.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Report everything that is wrong with the project's files in one pass, as file:line:column."""
    with console.guarded(as_json=as_json):
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
            show_rules(loaded.bundle, explain, as_json=as_json)
        return
    unset = [secret for secret in loaded.secrets if not secret.set]
    if as_json:
        console.show_json(check_document(loaded.complaints, loaded.warnings, [secret.name for secret in unset]))
    else:
        for line in (*loaded.complaints, *(f"warning: {w}" for w in loaded.warnings)):
            console.err.print(str(line), markup=False)
        for secret in unset:
            sentence = f"{secret.place}: {secret.name} is not set; {secret.holder} needs it"
            console.err.print(sentence, markup=False)
        if not loaded.complaints and loaded.bundle is not None and not (strict and (unset or loaded.warnings)):
            count = len(loaded.bundle.schedules)
            console.out.print(f"{count} schedule{'' if count == 1 else 's'}, no complaints.")
    if loaded.complaints or (strict and (unset or loaded.warnings)):
        raise typer.Exit(console.WRONG)


COMMANDS = {"check": check}

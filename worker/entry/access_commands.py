"""Commands about access: tokens add, list, revoke; audit."""

from typing import Annotated

import typer

from worker.documents.access import audit_document, new_token_document, token_document, tokens_document
from worker.domain.access import AccessToken, AuditRecord, TokenScope
from worker.domain.run import stamp
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.instants import instant
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.flow.operate.access_tokens import add_token, revoke_token
from worker.flow.services import Services

tokens = typer.Typer(help="Tokens for the API and the console.", no_args_is_help=True)


@tokens.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as ci or ann.")],
    scope: Annotated[list[TokenScope], typer.Option("--scope", help="What it allows; may be given several times.")],
    address: Annotated[str, typer.Option("--address", help="Its owner's address, for the scope subscribe.")] = "",
    expires: Annotated[str | None, typer.Option("--expires", help="When it ends; in UTC if it has no offset.")] = None,
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Create a token. Its text is printed once and stored nowhere."""
    with console.guarded(as_json=as_json):
        end = instant(None, "", expires, option="--expires")

        async def work(services: Services) -> tuple[AccessToken, str]:
            return await add_token(services, command_line_actor(), name, scope, expires=end, address=address)

        token, written = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(new_token_document(token, written))
        return
    console.err.print(f"Token {token.id} for {token.name}: {_scopes(token)}. It is shown this once:", markup=False)
    console.out.print(written, markup=False)


@tokens.command("list")
def list_tokens(ctx: typer.Context, project: Project = None, as_json: Json = False) -> None:
    """List tokens: what each allows, its end and its last use."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[AccessToken, ...]:
            return await services.access.all()

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(tokens_document(found))
    elif not found:
        console.out.print("There are no tokens: `funnelbeat tokens add NAME --scope read` makes one.")
    else:
        heads = ("Id", "Name", "Scopes", "Made", "Expires", "Last used")
        console.print_columns(heads, [_cells(token) for token in found])


@tokens.command("revoke")
def revoke(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id, or its name.")],
    project: Project = None,
    as_json: Json = False,
) -> None:
    """Revoke a token. Requests with it are refused from now on."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> AccessToken:
            return await revoke_token(services, command_line_actor(), token)

        gone = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(token_document(gone))
    else:
        console.out.print(f"Token {gone.id} for {gone.name} is revoked.", markup=False)


def audit(
    ctx: typer.Context,
    project: Project = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many records to print, at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List what was done, by whom and how (command line, API, console, link), newest first."""
    with console.guarded(as_json=as_json):

        async def work(services: Services) -> tuple[AuditRecord, ...]:
            return await services.audit.newest(limit)

        found = with_ledger(directory(ctx, project), work)
    if as_json:
        console.show_json(audit_document(found))
    elif not found:
        console.out.print("Nothing was done yet.")
    else:
        heads = ("At", "Who", "How", "Act", "Subject", "Change")
        rows = [(stamp(r.at), r.who, str(r.door), r.act, r.subject, _change(r)) for r in found]
        console.print_columns(heads, rows)


def _change(record: AuditRecord) -> str:
    names = dict.fromkeys((*record.before, *record.after))
    return ", ".join(f"{name}: {_value(record, name)}" for name in names)


def _value(record: AuditRecord, name: str) -> str:
    """An arrow only if there was a value before, so that a number that was only counted is no change from nothing."""
    now = record.after.get(name, "–")
    return f"{record.before[name]} → {now}" if name in record.before else now


def _cells(token: AccessToken) -> tuple[str, ...]:
    ends = stamp(token.expires) if token.expires else "never"
    return token.id, token.name, _scopes(token), stamp(token.at), ends, stamp(token.used) if token.used else "never"


def _scopes(token: AccessToken) -> str:
    return ", ".join(scope for scope in TokenScope if scope in token.scopes)


COMMANDS = {"audit": audit}
GROUPS = {"tokens": tokens}

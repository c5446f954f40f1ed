"""The command that reads the reports in the sender's mailbox: bounces."""

import mailbox
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from worker.documents.bounces import bounces_document
from worker.entry import console
from worker.entry.actor import command_line_actor
from worker.entry.options import Json, Project, directory
from worker.entry.with_ledger import with_ledger
from worker.errors import RequestError
from worker.flow.operate.bounces import BounceResult
from worker.flow.operate.upkeep_acts import report_bounces
from worker.flow.services import Services
from worker.plugins import CHANNELS
from worker.ports.bounces import BounceReport

Mails = Annotated[str, typer.Argument(metavar="FILE|-", help="A mail, an mbox, a Maildir, or - for one mail as input.")]


def bounces(ctx: typer.Context, mails: Mails, project: Project = None, as_json: Json = False) -> None:
    """Suspend addresses that a mail server reported as dead after it had accepted a message for them."""
    with console.guarded(as_json=as_json):
        read = [report_of(raw) for raw in _mails(mails)]
        reports = [report for report in read if report is not None]

        async def work(services: Services) -> tuple[BounceResult, ...]:
            return await report_bounces(services, command_line_actor(), reports)

        results = with_ledger(directory(ctx, project), work)
    others = len(read) - len(reports)
    if as_json:
        console.show_json(bounces_document(results, others))
        return
    if results:
        console.print_columns(("Recipient", "What followed", "Words of the server"), [_cells(one) for one in results])
    console.out.print(f"{len(results)} of {len(read)} mails report that a message did not arrive.", markup=False)


def report_of(raw: bytes) -> BounceReport | None:
    """The report in a mail, as the first channel reads it that can."""
    return next((report for kind in CHANNELS if (report := kind.bounce(raw)) is not None), None)


def _cells(result: BounceResult) -> tuple[str, ...]:
    return result.report.recipient, str(result.followed), result.report.words


def _mails(where: str) -> Iterator[bytes]:
    """Raises RequestError for a file that does not exist or cannot be read."""
    if where == "-":
        yield _alone(sys.stdin.buffer.read())
        return
    path = Path(where)
    try:
        yield from _in_folder(path) if path.is_dir() else _in_file(path)
    except OSError as error:
        raise RequestError(f"{where}: {error.strerror or error}") from error


def _in_folder(path: Path) -> Iterator[bytes]:
    if not (path / "new").is_dir() or not (path / "cur").is_dir():
        raise RequestError(f"{path}: found a directory without new/ and cur/, expected a Maildir, an mbox or a mail")
    for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()]):
        yield file.read_bytes()


def _in_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        several = file.read(5) == b"From "
    if not several:
        yield path.read_bytes()
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        for key in box.iterkeys():
            yield box.get_bytes(key)


def _alone(raw: bytes) -> bytes:
    """A mail server that runs a command puts the envelope's sender on a line of its own in front."""
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw


COMMANDS = {"bounces": bounces}

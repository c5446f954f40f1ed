"""How commands speak: text for people on standard output, one JSON document with --json, problems on standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.status import Status

from worker.documents.problem import problem_document
from worker.errors import FunnelbeatError, LedgerError, RequestError, SourceError
from worker.progress import watched

OK, TROUBLE, WRONG, NOTHING = 0, 1, 2, 3
"""Exit statuses: all sent or skipped by a rule · something failed, is unknown or missing · the request is wrong ·
nothing could be fetched, or Redis cannot be reached.
"""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def show_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress(words: str, *, quiet: bool = False) -> Iterator[None]:
    """A spinner while work takes its time, with the rows of lists as they are read: on a terminal only."""
    if quiet or not err.is_terminal:
        yield
        return
    with Status(words, console=err) as status, watched(Rows(lambda rows: status.update(f"{words}: {rows}"))):
        yield


@dataclass(slots=True)
class Rows:
    """Sums over all lists that are read: `show` is told `12,300 of 100,000 rows`. A list that is read again counts
    again. Implements ports.progress.Watch.
    """

    show: Callable[[str], None]
    read: int = 0
    due: int | None = 0

    def __call__(self, rows: int, more: int | None) -> None:
        self.read += rows
        self.due = None if self.due is None or more is None else self.due + more
        known = f" of {self.due:,}" if self.due is not None and self.due >= self.read else ""
        self.show(f"{self.read:,}{known} rows")


@contextmanager
def guarded(*, as_json: bool) -> Iterator[None]:
    """Our own errors become one clear message and the right exit status; anything else is a bug and shows itself."""
    try:
        yield
    except FunnelbeatError as error:
        fail(error, as_json=as_json)


def fail(error: FunnelbeatError, *, as_json: bool) -> NoReturn:
    status = status_of(error)
    if as_json:
        show_json(problem_document(error, status))
    else:
        err.print(str(error), markup=False)
    raise typer.Exit(status)


def status_of(error: FunnelbeatError) -> int:
    match error:
        case RequestError():
            return WRONG
        case SourceError() | LedgerError():
            return NOTHING
        case _:
            return TROUBLE

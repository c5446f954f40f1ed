"""How commands print: text for people on standard output, one JSON document with --json, problems on standard error."""

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
from worker.errors import BrokerUnavailable, FunnelbeatError, LedgerError, RequestError, SourceError
from worker.progress import watched

OK, TROUBLE, WRONG, NOTHING = 0, 1, 2, 3
"""Exit statuses. OK: all was sent or skipped by a rule. TROUBLE: something failed, is unknown or is missing. WRONG: the
request is wrong. NOTHING: nothing could be fetched, or Redis cannot be reached.
"""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def look_status(gaps: int, queries: int) -> int:
    """The exit status of a look at a digest, of whose `queries` so many (`gaps`) have no answer."""
    if not gaps:
        return OK
    return TROUBLE if gaps < queries else NOTHING


def can_ask() -> bool:
    """Whether somebody sits at a terminal who could answer. A process may have no standard input at all."""
    return sys.stdin is not None and sys.stdin.isatty()


def show_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


@contextmanager
def progress(words: str, *, quiet: bool = False) -> Iterator[None]:
    """A spinner for slow work, with the number of rows of the lists as they are read. It appears only on a terminal."""
    if quiet or not err.is_terminal:
        yield
        return
    with Status(words, console=err) as status, watched(Rows(lambda rows: status.update(f"{words}: {rows}"))):
        yield


@dataclass(slots=True)
class Rows:
    """Adds up the rows of all lists that are read. `show` receives text such as `12,300 of 100,000 rows`. A list that
    is read again counts again. Implements progress.Watch.
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
    """Turns our own errors into one clear message and the right exit status. Any other exception is a bug and is not
    caught.
    """
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
        case SourceError() | LedgerError() | BrokerUnavailable():
            return NOTHING
        case _:
            return TROUBLE

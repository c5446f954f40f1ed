"""How commands print: text for people on standard output, one JSON document with --json, problems on standard error."""

import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.status import Status

from worker.documents.problem import problem_document
from worker.entry.command_hints import copyable
from worker.errors import BrokerUnavailable, FunnelbeatError, LedgerError, RequestError, SourceError
from worker.progress import watched
from worker.sanitize import clean, for_terminal

OK, TROUBLE, WRONG, NOTHING = 0, 1, 2, 3
"""Exit statuses. OK: all was sent or skipped by a rule. TROUBLE: something failed, is unknown, suspended or missing.
WRONG: the request is wrong. NOTHING: nothing could be fetched, or Redis cannot be reached.
"""


LONGEST_CELL = 400
"""Characters; the longest key of a run has 200."""


class TextConsole(Console):
    """Makes text of services and servers safe for the terminal, so that it cannot contain control sequences, and
    completes the commands in sentences.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for part in super().render(renderable, options):
            yield part if part.control else Segment(for_terminal(copyable(part.text)), part.style)


out = TextConsole(highlight=False, soft_wrap=True, emoji=False)
err = TextConsole(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_OBEYED_IN_JSON = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def look_status(gaps: int, queries: int) -> int:
    """The exit status of a preview of a digest: `gaps` of its `queries` have no answer."""
    if not gaps:
        return OK
    return TROUBLE if gaps < queries else NOTHING


def can_ask() -> bool:
    """Whether a person at a terminal can answer. A process may have no standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str, undone: str, *, yes: bool, as_json: bool) -> None:
    """Asks on a terminal. Elsewhere, and with --json, `--yes` has to say it. `undone`: what did not happen, in a few
    words. Raises RequestError, or Abort where the answer is no.
    """
    if yes:
        return
    if as_json or not can_ask():
        raise RequestError(f"{undone}: nobody can be asked {'with --json' if as_json else 'here'}; add --yes")
    typer.confirm(question, abort=True, err=True)


def show_json(document: Any) -> None:
    """Writes characters as JSON escapes if a terminal would interpret them or cannot show them."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(document, indent=2, ensure_ascii=not unicode, default=str)
    sys.stdout.write(_OBEYED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def print_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table without cutting cells, because a cut key or id cannot be copied."""
    table = [[clean(copyable(cell), LONGEST_CELL) for cell in row] for row in (heads, *rows)]
    widths = [max(cell_len(row[column]) for row in table) for column in range(len(heads))]
    for row in table:
        line = "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        out.print(line.rstrip(), markup=False)


def make_streams_safe() -> None:
    """Prints characters that the terminal cannot show as escapes, and ignores writes to a closed stream, so that no
    command fails after its work is done.
    """
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the process ends
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # the same
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _until_closed(sys.stdout)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _until_closed(sys.stderr)


def _until_closed(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream, which takes no harm when its reader goes away; an unbuffered one has no raw stream below it."""
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.FileIO):
        return stream
    bare = UntilClosed(raw, stream)
    return io.TextIOWrapper(
        cast("BinaryIO", bare if stream.write_through else io.BufferedWriter(bare)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class UntilClosed(io.RawIOBase):
    """A pipe whose reader may have read enough (`| head`): what is written after that is dropped, so that the command
    ends with the status of its work.
    """

    def __init__(self, raw: io.FileIO, owner: io.TextIOWrapper) -> None:
        self._raw = raw
        self._owner = owner  # it closes the file when it is collected

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: Any, /) -> int | None:
        try:
            return self._raw.write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def write_file(path: Path, text: str) -> None:
    """Raises RequestError that names the file and the reason."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror}") from None


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
def guarded(*, as_json: bool, wrong: int | None = None) -> Iterator[None]:
    """Turns our own errors, and errors about files, into one clear message and an exit status. Any other exception is a
    bug and is not caught. `wrong`: the status of every error, for a command whose statuses mean something else.
    """
    try:
        yield
    except FunnelbeatError as error:
        fail(error, as_json=as_json, status=wrong)
    except OSError as error:
        if error.filename is None:
            raise
        sentence = f"{os.fsdecode(error.filename)}: {error.strerror}"
        fail(RequestError(sentence), as_json=as_json, status=wrong)


def fail(error: FunnelbeatError, *, as_json: bool, status: int | None = None) -> NoReturn:
    status = status_of(error) if status is None else status
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

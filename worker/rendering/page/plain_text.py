"""Lines of a plain-text mail, and links that may stand in any form."""

import re
import textwrap

from worker.sanitize import clean, isolate, plain

TEXT_WIDTH = 64
_WEB = re.compile(r"https?://[^\s\"'<>\\]{1,500}")


def indent(text: str, by: int) -> str:
    """Words of a plain-text line, broken before column 64 and set in by `by`."""
    return "\n".join(textwrap.wrap(plain(text), TEXT_WIDTH, initial_indent=" " * by, subsequent_indent=" " * by))


def clip(name: str, width: int) -> str:
    """A name for a column of text, no longer than `width`, isolated where it runs from right to left."""
    return isolate(clean(name, width))


def link(url: str | None) -> str:
    """A deal's address at its service, "" for anything that is no plain web address (javascript:, a space)."""
    return url if url is not None and _WEB.fullmatch(url) else ""

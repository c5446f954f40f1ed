"""Signed links in messages: each is bound to one reader and one purpose."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from worker.domain.delivery import Reader

PREFERENCES_LAST = timedelta(days=30)
"""How long a link to preferences or alerts works, from the message's date. A link to unsubscribe works for ever."""


CONSOLE = "/console"
"""Where the console is below the address of the pages."""


class Purpose(StrEnum):
    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    ALERTS = "a"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says. `expires`: None if it works for ever."""

    purpose: Purpose
    reader: Reader
    expires: datetime | None = None


def console_page(web: str, place: str, run: str) -> str:
    """The address of a page of a run in the console. Who opens it has to sign in. `place`: "run", "moves.csv"."""
    return f"{web}{CONSOLE}/{place}/{quote(run, safe='/@:')}"

"""Currencies that a company defined. Pipedrive gives them a code such as 5_7, which shows neither name nor digits.

Their definitions are requested when such a code occurs, at most once in five minutes (20 tokens).
https://support.pipedrive.com/en/article/can-i-add-a-custom-currency
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.domain.money import custom
from worker.domain.snapshot.notes import Note
from worker.errors import SourceRefused
from worker.redact import redact
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.notes import NO_CURRENCIES

KEPT = timedelta(minutes=5)
MOST_DIGITS = 18
LONGEST_CODE = 20
LONGEST_LABEL = 20
_STANDARD = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Currencies:
    """`custom`: Pipedrive's code → our code of the currency. `problem`: a note why there are none."""

    custom: Mapping[str, str] = field(default_factory=dict)
    problem: Note | None = None

    def ours(self, code: object) -> str | None:
        """None for a code that cannot be read."""
        if not isinstance(code, str):
            return None
        return code if _STANDARD.fullmatch(code) else self.custom.get(code)


STANDARD = Currencies()
"""Only ISO 4217."""


class CurrenciesCache:
    """The custom currencies of one account. `clock` gives UTC."""

    def __init__(self, client: PipedriveClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: tuple[datetime, Currencies] | None = None

    @property
    def asked(self) -> bool:
        """Whether custom currencies have occurred in this account."""
        return self._known is not None

    async def of(self, codes: Iterable[object]) -> Currencies:
        """Definitions for these codes. Raises SourceError, except if the token may not see currencies."""
        if not any(_made_up(code) for code in codes):
            return STANDARD
        async with self._lock:
            now = self._clock()
            if self._known is None or not timedelta(0) <= now - self._known[0] < KEPT:
                self._known = now, await self._read()
            return self._known[1]

    async def _read(self) -> Currencies:
        """A refusal is permanent, and leaves out the values that need it. A failure is temporary, and is raised."""
        try:
            answer = await self._client.read(PipedriveRequest(costs.CURRENCIES))
        except SourceRefused as refusal:
            if refusal.status == 401:
                raise
            return Currencies(problem=NO_CURRENCIES(refusal))
        data = answer.get("data")
        return Currencies(_custom([] if data.value is None else [node.object() for node in data.items()]))


def _made_up(code: object) -> bool:
    """A short code without the separator that parts of `custom` use."""
    return isinstance(code, str) and 0 < len(code) <= LONGEST_CODE and ":" not in code and not _STANDARD.fullmatch(code)


def _custom(listed: list[Node]) -> dict[str, str]:
    """Custom currencies with a code and valid digits. A symbol that two currencies share names neither."""
    symbols = Counter(_label(node, "symbol") for node in listed)
    found = {}
    for node in listed:
        code, digits = node.get("code").value, node.get("decimal_points").value
        if not (_made_up(code) and code.isprintable()) or not _digits(digits):
            continue
        symbol = _label(node, "symbol")
        label = symbol if symbols[symbol] == 1 else _label(node, "name")
        found[code] = custom(code, digits, label or code)
    return found


def _digits(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_DIGITS


def _label(node: Node, name: str) -> str:
    text = node.get(name).value
    return redact(text, node.secrets, LONGEST_LABEL) if isinstance(text, str) else ""

"""Reads an answer by path. A wrong type is reported with endpoint and path, and null never becomes zero."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from worker.adapters.json_body import JsonUnreadable, decoded_aside
from worker.errors import SourceShapeChanged
from worker.redact import redact

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURRENCY = re.compile("[A-Z]{3}")
LARGEST = 2**53
"""No real amount is larger. Every number type that stores amounts can hold it."""


class Missing:
    """The key does not exist. That is neither null nor zero."""


MISSING = Missing()


class Node:
    """One value of an answer with its path ("data[3].value") for error messages. The path is built only when needed,
    because a page has thousands of nodes.
    """

    __slots__ = ("above", "endpoint", "step", "value")

    def __init__(self, endpoint: str, value: Any, step: str | int = "body", above: "Node | None" = None) -> None:
        self.endpoint = endpoint
        self.value = value
        self.step = step
        self.above = above

    @property
    def path(self) -> str:
        """Keys of a map are the service's own words, so secrets are removed from them too."""
        return redact(_way(self), self.secrets)

    @property
    def shown(self) -> str:
        """The value, shortened for a sentence and without secrets."""
        return named(self.value, self.secrets)

    def wrong(self, expected: str) -> SourceShapeChanged:
        told = redact(expected, self.secrets)
        return SourceShapeChanged(self.endpoint, self.path, f"expected {told}, found {self.shown}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What was sent with the request and must not be repeated. The root node holds it."""
        return () if self.above is None else self.above.secrets

    @property
    def missing(self) -> bool:
        return self.value is MISSING

    @property
    def absent(self) -> bool:
        """Missing or null, where both mean the same."""
        return self.value is MISSING or self.value is None

    def object(self) -> "Node":
        """The node itself, checked to be an object."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return self

    def get(self, key: str) -> "Node":
        """The value of `key` of an object. A missing key gives a missing node."""
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return Node(self.endpoint, self.value.get(key, MISSING), key, self)

    def items(self) -> Iterator["Node"]:
        """The values of a list. A missing list is an error, not an empty list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for position, value in enumerate(self.value):
            yield Node(self.endpoint, value, position, self)

    def text(self) -> str:
        value = self.value
        if not isinstance(value, str):
            raise self.wrong("text")
        return value if value.isascii() else encodable(value)

    def text_or_none(self) -> str | None:
        """None for a missing or null value. Empty text stays empty."""
        return None if self.value is None or self.value is MISSING else self.text()

    def id(self) -> str:
        """Text that can be a key: not empty, no control characters."""
        if not isinstance(self.value, str) or not self.value or not self.value.isprintable():
            raise self.wrong("an id")
        return self.value

    def id_or_none(self) -> str | None:
        """Null is an id that is not set. A missing key is an error, because it would be reported as a change."""
        if self.missing:
            raise self.wrong("an id or null")
        return None if self.value is None else self.id()

    def number_id(self) -> str:
        """A whole number or its digits, as text."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST:
            return str(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and 0 < len(value) <= 16:
            return value
        raise self.wrong("an id (a whole number)")

    def number_id_or_none(self) -> str | None:
        """Null is an id that is not set. A missing key is an error, because it would be reported as a change."""
        if self.missing:
            raise self.wrong("an id (a whole number) or null")
        return None if self.value is None else self.number_id()

    def map(self) -> Iterator[tuple[str, "Node"]]:
        """Keys and values of an object. PHP writes an empty object as an empty list, which is accepted."""
        if self.value == []:
            return
        for key in self.object().value:
            yield key, self.get(key)

    def currency_or_none(self) -> str | None:
        """An ISO 4217 code. Some services write "" if there is no amount."""
        code = self.text_or_none()
        if code and not _CURRENCY.fullmatch(code):
            raise self.wrong("a currency's three letters")
        return code or None

    def number(self) -> int | float:
        """Any finite JSON number. true and false are not numbers."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
            raise self.wrong("a number")
        return value

    def number_or_none(self) -> int | float | None:
        if self.missing:
            raise self.wrong("a number or null")
        return None if self.value is None else self.number()

    def whole(self) -> int:
        value = self.number()
        if value != int(value):
            raise self.wrong("a whole number")
        return int(value)

    def whole_or_none(self) -> int | None:
        if self.missing:
            raise self.wrong("a whole number or null")
        return None if self.value is None else self.whole()

    def flag_or_none(self) -> bool | None:
        """None for a missing or null value."""
        if self.absent:
            return None
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def day_or_none(self) -> str | None:
        """YYYY-MM-DD, from a date or from the date of an instant."""
        if self.missing:
            raise self.wrong("a date or null")
        if self.value is None:
            return None
        try:
            return day_of(self.text())
        except ValueError:
            raise self.wrong("a date") from None

    def instant_or_none(self) -> int | None:
        """Milliseconds since the epoch. A time without zone is UTC. None for missing, null or empty."""
        if self.value is None or self.value is MISSING or self.value == "":
            return None
        try:
            return milliseconds(self.text())
        except ValueError:
            raise self.wrong("an instant") from None


def day_of(text: str) -> str:
    """YYYY-MM-DD of a date or of an instant. Raises ValueError."""
    return date.fromisoformat(text[:10]).isoformat()


def milliseconds(text: str) -> int:
    """Since the epoch. A time without zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    past = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - _EPOCH
    return past.days * 86_400_000 + past.seconds * 1000 + past.microseconds // 1000


def _way(node: Node) -> str:
    if node.above is None:
        return str(node.step)
    before = _way(node.above)
    if isinstance(node.step, int):
        return f"{before}[{node.step}]"
    return node.step if before == "body" else f"{before}.{node.step}"


class WholeAnswer(Node):
    """The root of an answer, which holds the secrets."""

    __slots__ = ("_secrets",)

    def __init__(self, endpoint: str, value: Any, secrets: Iterable[str]) -> None:
        super().__init__(endpoint, value)
        self._secrets = tuple(secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._secrets


def encodable(text: str) -> str:
    """JSON may hold a lone surrogate, which no encoding accepts."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def named(value: Any, secrets: Iterable[str]) -> str:
    """What was found, shortened for a sentence, without secrets and without the text of a body."""
    if value is MISSING:
        return "nothing"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return "a number that is too large" if abs(value) > LARGEST else f"the number {value}"
    if isinstance(value, str):
        return f"the text {redact(value, secrets, 40)!r}"
    return "an object" if isinstance(value, Mapping) else "a list"


async def read_answer(endpoint: str, body: bytes, secrets: Iterable[str], expected: str = "JSON") -> Node:
    """Any JSON value. Raises SourceShapeChanged at "body" for an empty body, HTML, and JSON that is cut off or past the
    bounds of adapters.json_body.
    """
    try:
        return WholeAnswer(endpoint, await decoded_aside(body), secrets)
    except JsonUnreadable as found:
        raise SourceShapeChanged(endpoint, "body", f"expected {expected}, found {found}") from None


async def read_object(endpoint: str, body: bytes, secrets: Iterable[str]) -> Node:
    """As `read_answer`, for a JSON object."""
    return (await read_answer(endpoint, body, secrets, "a JSON object")).object()

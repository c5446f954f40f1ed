"""Facts as structured log lines on standard error: one JSON object each, or text for people on a terminal."""

import json
import logging
import sys
from collections.abc import MutableMapping
from dataclasses import fields
from typing import Any

import structlog

from worker.adapters.readable_log import ReadableLines
from worker.domain.delivery import DeliveryKey
from worker.domain.events import DeliverySettled, Fact, MailboxUnreadable, QueryMissing, Suspended, fact_name
from worker.domain.reason import Reason
from worker.domain.run import RunKey

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str) -> None:
    """Call once per process. An unknown level counts as info."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            ReadableLines(level) if terminal else _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


_JSON = json.JSONEncoder(default=repr)
"""Kept, because json.dumps would build an encoder for every line, and a clock writes a line for each run."""


def _as_json(_log: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return _JSON.encode(event)


_FORMS: dict[type[Fact], tuple[str, tuple[str, ...]]] = {}
"""Kind of fact → its form. There are as many as kinds in domain.events."""


def _form(fact: Fact) -> tuple[str, tuple[str, ...]]:
    """SlotsMissed → slots_missed, and the names of its fields."""
    known = _FORMS.get(type(fact))
    if known is None:
        known = _FORMS[type(fact)] = fact_name(type(fact)), tuple(field.name for field in fields(fact))
    return known


def _printed(value: object) -> object:
    """Keys as they are printed, and an empty text for None."""
    return str(value) if isinstance(value, RunKey | DeliveryKey) else "" if value is None else value


class EventLog:
    """Gaps, suspensions, mailboxes that cannot be read, and deliveries that did not arrive or arrived incomplete are
    warnings; the rest is info.
    """

    def __init__(self) -> None:
        self._log: Any = structlog.get_logger().bind()  # bound once; an unbound logger is built anew for every line

    def emit(self, fact: Fact) -> None:
        troubled = isinstance(fact, QueryMissing | Suspended | MailboxUnreadable) or (
            isinstance(fact, DeliverySettled)
            and (
                fact.state in {"refused", "failed", "unknown"}
                or fact.reason in {Reason.PARTS_MISSING, Reason.COPIES_MISSING}
            )
        )
        name, names = _form(fact)
        (self._log.warning if troubled else self._log.info)(
            name, **{field: _printed(getattr(fact, field)) for field in names}
        )

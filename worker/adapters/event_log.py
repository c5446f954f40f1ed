"""Facts as structured log lines on standard error: one JSON object each, or coloured text on a terminal."""

import logging
import sys
from dataclasses import asdict
from typing import Any

import structlog

from worker.domain.events import DeliverySettled, Fact, QueryMissing

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str) -> None:
    """Once per process. An unknown level counts as info."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def name(fact: Fact) -> str:
    """SlotsMissed → slots_missed."""
    letters = [("_" if c.isupper() and i else "") + c.lower() for i, c in enumerate(type(fact).__name__)]
    return "".join(letters)


class EventLog:
    """A gap or a delivery that did not arrive is a warning; everything else is information."""

    def __init__(self) -> None:
        self._log: Any = structlog.get_logger()

    def emit(self, fact: Fact) -> None:
        troubled = isinstance(fact, QueryMissing) or (
            isinstance(fact, DeliverySettled) and fact.state in {"refused", "failed", "unknown"}
        )
        (self._log.warning if troubled else self._log.info)(name(fact), **asdict(fact))

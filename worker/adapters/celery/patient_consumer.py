"""Celery's consumer, with a pause between two tries and few log lines about them. A Redis that refuses writes (MISCONF,
OOM, NOREPLICAS) accepts the connection but refuses its first command, and Celery then tries again at once: fifty times
a second, with as many lines in the log.
"""

import logging
import random
import time
import warnings
from collections.abc import Callable
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown

FIRST, LONGEST = 0.5, 10.0
"""Seconds of the first pause, and of the longest; each is twice as long as the one before it, less up to a half."""

STEADY = 5.0
"""Seconds of work after which the broker counts as usable again."""

QUIET = 60.0
"""Seconds for which the same line is not logged again."""

_STEP = 0.1
_LOG = logging.getLogger("celery.worker.consumer.consumer")


class OncePerChange(logging.Filter):
    """Lets a warning or error through if it differs from the last one, or if that was QUIET seconds ago."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._last, self._at = "", -QUIET

    def filter(self, record: logging.LogRecord) -> bool:
        line, now = record.getMessage(), self._monotonic()
        if record.levelno < logging.WARNING:
            return True
        if line == self._last and now - self._at < QUIET:
            return False
        self._last, self._at = line, now
        return True


_FILTER = OncePerChange()


class PatientConsumer(Consumer):  # type: ignore[misc]  # celery ships no types
    """Named in the setting `worker_consumer`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self._failures = 0
        self._steadying: Any = None
        _LOG.addFilter(_FILTER)
        super().__init__(*args, **named)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        super().on_connection_error_before_connected(exc)
        self._pause()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        with warnings.catch_warnings():
            # It recommends a setting that we do not want: the ledger, not Celery, decides about running tasks.
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(exc)
        self._pause()

    def on_ready(self) -> None:
        super().on_ready()
        if self._failures:
            self._steadying = self.timer.call_after(STEADY, self._steady)

    def _pause(self) -> None:
        """Ends early when the worker is told to stop."""
        if self._steadying is not None:
            self._steadying.cancel()
            self._steadying = None
        self._failures += 1
        end = time.monotonic() + pause_after(self._failures)
        while time.monotonic() < end:
            maybe_shutdown()
            time.sleep(_STEP)

    def _steady(self) -> None:
        self._failures, self._steadying = 0, None
        _LOG.warning("the broker can be used again")


def pause_after(failures: int) -> float:
    """Seconds before the next try. Random, so that the workers of an installation do not come at the same time."""
    longest = min(LONGEST, FIRST * 2.0 ** min(failures - 1, 20))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # not used for secrets

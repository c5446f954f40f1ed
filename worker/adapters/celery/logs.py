"""Writes Celery's own messages as lines of our log, so that the whole log is JSON for a program that reads it."""

import logging
import os
import sys
import warnings
from typing import Any

import celery.apps.worker
import structlog
from celery.platforms import SecurityWarning
from celery.signals import setup_logging


class ToOurLog(logging.Handler):
    """Records of the standard library's logging, with their tracebacks, as events named `library`."""

    def emit(self, record: logging.LogRecord) -> None:
        level = logging.getLevelName(record.levelno).lower()
        say = getattr(structlog.get_logger(), level, structlog.get_logger().warning)
        say("library", logger=record.name, sentence=record.getMessage(), exc_info=record.exc_info or None)


def take_over(level: str) -> None:
    """Call before the worker starts. `level`: of Celery's own lines, as "WARNING"."""
    # Celery warns of root because pickle would run code of a message. Our messages are JSON and nothing else.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    logging.captureWarnings(capture=True)

    def configured(**_given: Any) -> None:
        root = logging.getLogger()
        root.handlers = [ToOurLog()]
        root.setLevel(level)

    setup_logging.connect(configured, weak=False)
    celery.apps.worker.safe_say = _said


_PLAIN = {
    "Warm shutdown": "The worker finishes what it fetches and sends, and then ends.",
    "Waiting gracefully": "The worker waits a little longer for what it fetches and sends.",
    "Cold shutdown": "The worker ends now. The next worker takes up what it leaves.",
    "will initiate cold shutdown": "Ctrl-C again ends it at once.",
    "will terminate all running tasks": "Ctrl-C again ends it at once.",
}
"""Part of Celery's words → what a person can understand."""


def _said(words: str, _stream: object = None) -> None:
    """Called in the handler of a signal, where a second write to one buffered stream would be an error."""
    if sys.stderr.isatty():
        plain = next((ours for theirs, ours in _PLAIN.items() if theirs in words), words)
        os.write(2, f"{plain}\n".encode())

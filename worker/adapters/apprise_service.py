"""One service of Apprise: a URL, and one message to it. Apprise is an extra and is imported when it is first needed.

https://appriseit.com
"""

import asyncio
import importlib
import importlib.util
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self
from urllib.parse import unquote

from worker.errors import RequestError
from worker.redact import redact

THREADS = 4
"""Messages of one channel that are sent at once: Apprise blocks its thread."""

DEFAULT_TIMEOUT = 4.0
"""Apprise's own patience in seconds, both for a connection and for an answer, where the URL names none."""

_LOG = "apprise"
_SHORTEST = 5
"""Characters of a part of the URL from which on it may be a key."""


class AppriseUnclear(Exception):
    """Apprise reports only that the send failed. The text contains what it logged, without parts of the URL."""


def installed() -> bool:
    return importlib.util.find_spec("apprise") is not None


class AppriseService:
    """Sends through the service of one URL. `timeout`: seconds for a connection, and again for an answer."""

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        pieces = {piece for text in (url, unquote(url)) for piece in re.split(r"[/:@?&=,#]+", text)}
        self._secrets = (url, *(piece for piece in pieces if len(piece) >= _SHORTEST))
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=_LOG)
        self._opened: Any = None

    @property
    def name(self) -> str:
        """The service's own name, such as "Telegram". Raises RequestError."""
        return str(self._service().service_name)

    async def notify(self, title: str, body: str, form: str) -> None:
        """One try, off the event loop. `form`: "text" or "html". Returns if Apprise says that the service accepted it.
        Raises AppriseUnclear and RequestError.
        """
        service = self._service()
        await asyncio.get_running_loop().run_in_executor(self._threads, self._notify, service, title, body, form)

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _notify(self, service: Any, title: str, body: str, form: str) -> None:
        """Calls the service itself and not Apprise's dispatcher, which would try again by itself."""
        with _Warnings() as warnings:
            try:
                accepted = service.notify(body=body, title=title, body_format=form)
            except Exception as error:  # noqa: BLE001  # a service may raise anything, before or after it sent
                raise AppriseUnclear(redact(f"{type(error).__name__}: {error}", self._secrets)) from None
        if not accepted:
            raise AppriseUnclear(redact("; ".join(warnings.lines), self._secrets) or "no reason was given")

    def _service(self) -> Any:
        """Raises RequestError."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> Any:
        if not installed():
            raise RequestError("apprise: the library is not installed; install funnelbeat[apprise]")
        library = _library()
        # Services read no plug-ins from disk, keep nothing there, and follow no redirect.
        asset = library.AppriseAsset(app_id="Funnelbeat", http_redirects=False, storage_mode="memory")
        service = library.Apprise.instantiate(self._url, asset=asset)
        if service is None:
            raise RequestError("apprise: the url names no service that Apprise knows, or lacks a part of it")
        for patience in ("socket_connect_timeout", "socket_read_timeout"):
            if getattr(service, patience) == DEFAULT_TIMEOUT:
                setattr(service, patience, self._timeout)
        return service


def _library() -> Any:
    """Its log may repeat a service's answer, so the log goes only into our own errors."""
    library = importlib.import_module("apprise")
    log = logging.getLogger(_LOG)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return library


class _Warnings(logging.Handler):
    """The warnings and errors that Apprise logs in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())

    def __enter__(self) -> Self:
        logging.getLogger(_LOG).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger(_LOG).removeHandler(self)

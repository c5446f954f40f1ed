"""Requests that Funnelbeat makes by itself. TLS, hosts and signatures are as for the channel `webhook`."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from worker.adapters.definitions.secrets import resolve
from worker.adapters.http import HttpAnswer, HttpFailure
from worker.adapters.public_http import ForbiddenHost, PublicHttp
from worker.adapters.webhook_signature import WebhookSigner
from worker.channels.webhook.answers import CHANNEL, by_failure, receipt_of
from worker.domain.outgoing import EventWebhook, HeartbeatUrl
from worker.errors import DeliveryRefused, RequestError
from worker.open_once import OpenOnce

PATIENCE = 15.0
"""Seconds for one answer."""
IDLE = 600.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OutgoingHttp:
    """Implements worker.ports.outgoing.OutgoingRequests. `directory`: for files with secrets that are named without a
    slash at the beginning.
    """

    def __init__(self, directory: Path, clock: Callable[[], datetime] = _utc_now, patience: float = PATIENCE) -> None:
        self._directory, self._clock, self._patience = directory, clock, patience
        self._open: OpenOnce[PublicHttp] = OpenOnce(IDLE, time.monotonic)

    async def beat(self, heartbeat: HeartbeatUrl) -> None:
        url = self._resolved({"heartbeat_url": heartbeat.url})["heartbeat_url"]
        await self._asked("heartbeat_url", url, heartbeat.private, None, {}, (url,))

    async def post(self, webhook: EventWebhook, message: str, body: bytes) -> None:
        options = self._resolved(webhook.options)
        secrets = [options[name] for name in ("secret", "secret_previous") if name in options]
        headers = {"content-type": "application/json", **WebhookSigner(secrets).headers(message, body, self._clock())}
        if "authorization" in options:
            headers["authorization"] = options["authorization"].strip()
        await self._asked("url", options["url"], webhook.private, body, headers, tuple(options.values()))

    def _resolved(self, options: Mapping[str, str]) -> Mapping[str, str]:
        return resolve(options, os.environ, self._directory)

    async def _asked(  # what makes up one request
        self,
        option: str,
        url: str,
        private: bool,
        body: bytes | None,
        headers: Mapping[str, str],
        secrets: tuple[str, ...],
    ) -> None:
        """A GET without a body. A receiver may quote the end of its own URL, which may be a key."""
        try:
            http = self._open.get((url, private), lambda: self._http(url.strip(), private=private))
        except ValueError as error:
            raise RequestError(f"{option}: {error}") from None
        try:
            answer = await _answer(http, body, headers)
        except HttpFailure as failure:
            raise by_failure(failure) from None
        except ForbiddenHost as error:
            raise DeliveryRefused(CHANNEL, str(error), code="forbidden_host") from None
        receipt_of(answer, (*secrets, url.rstrip("/").rsplit("/", 1)[-1]), self._clock())

    def _http(self, url: str, *, private: bool) -> PublicHttp:
        return PublicHttp(url, private=private, timeout=self._patience)

    async def aclose(self) -> None:
        await self._open.aclose()


async def _answer(http: PublicHttp, body: bytes | None, headers: Mapping[str, str]) -> HttpAnswer:
    return await http.get() if body is None else await http.post(body, headers)

"""Slack's Web API for one account: calls methods and returns parsed answers or our errors."""

from collections.abc import Mapping
from typing import Any

from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.channels.slack.errors import CHANNEL, by_answer, by_failure, parse_aside
from worker.errors import DeliveryDeferred, DeliveryUncertain

BASE_URL = "https://slack.com/api"
PATIENCE = 30.0
"""Seconds for one answer."""

JSON = "application/json; charset=utf-8"


class SlackApi:
    """The token goes into each request and not into the client, which also talks to the host for uploads."""

    def __init__(self, token: str, base_url: str = BASE_URL) -> None:
        self._token = token
        self._http = Http(base_url, timeout=PATIENCE)

    async def write(self, method: str, body: bytes) -> dict[str, Any]:
        """Calls a method that changes something, with its arguments as JSON. Raises every kind of DeliveryError."""
        try:
            answer = await self._http.send(
                "POST", f"/{method}", content=body, headers=self._headers | {"content-type": JSON}
            )
        except HttpFailure as failure:
            raise by_failure(failure) from failure
        return await self._understood(answer)

    async def read(self, method: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Calls a method that changes nothing: after an unclear answer it is simply called again.

        Raises DeliveryDeferred and DeliveryRefused.
        """
        try:
            answer = await self._http.send("GET", f"/{method}", params=params, headers=self._headers)
            return await self._understood(answer)
        except HttpFailure as failure:
            raise DeliveryDeferred(CHANNEL, f"{method}: {failure.problem}") from failure
        except DeliveryUncertain as unclear:
            raise DeliveryDeferred(CHANNEL, f"{method}: {unclear.problem}") from unclear

    async def put(self, url: str, body: bytes) -> None:
        """Sends the bytes of a file to the address that Slack gave. The file is not visible until the upload is
        completed, so every status but 200 raises DeliveryDeferred.
        """
        try:
            answer = await self._http.send(
                "POST", url, content=body, headers={"content-type": "application/octet-stream"}
            )
        except HttpFailure as failure:
            raise DeliveryDeferred(CHANNEL, f"upload: {failure.problem}") from failure
        if answer.status != 200:
            raise DeliveryDeferred(CHANNEL, f"upload: HTTP {answer.status}")

    async def aclose(self) -> None:
        await self._http.aclose()

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def _understood(self, answer: HttpAnswer) -> dict[str, Any]:
        body = await parse_aside(answer.body)
        if answer.status == 200 and body is not None and body.get("ok") is True:
            return body
        raise by_answer(answer, (self._token,))

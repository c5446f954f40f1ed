"""Slack's incoming webhook, which carries only the main post of a digest.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks

It answers "ok" without a ts, so there is no thread, no file, and no way to look up an unclear post. The URL is a
secret, and Slack revokes one that leaks, so it is never in errors, names or logs.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from worker.adapters.http import Http, HttpAnswer, HttpFailure
from worker.channels.slack.content import SlackContent, SlackMessages, addressed
from worker.channels.slack.errors import CHANNEL, by_answer, by_failure, parse
from worker.channels.slack.fallback import dump, post_or_reduce
from worker.channels.slack.limits import checked
from worker.domain.delivery import Envelope, Part, Receipt
from worker.errors import RequestError
from worker.ports.channels import PreviewPage

PATIENCE = 30.0
THREAD_NOTE = "in_the_thread"
"""block_id of the template's note on the thread, which is left out here."""

_URL = re.compile(r"https://[A-Za-z0-9.\-]+(:[0-9]{1,5})?/[!-~]+|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/[!-~]+")


SECONDS_APART = 1.0
"""Minimum time between two messages to one webhook."""


class SlackWebhookChannel(SlackMessages):
    """Leaves out the attachments of a digest, because a webhook cannot carry them."""

    def __init__(self, url: str, *, answers: bool = False) -> None:
        super().__init__(answers=answers)
        if _URL.fullmatch(url) is None:
            raise RequestError("slack: the webhook_url is not an address with https://")
        self._url = url
        self._secrets = (url, url.rstrip("/").rsplit("/", 1)[-1])  # a receiver may quote its path
        self._http = Http("", timeout=PATIENCE)

    def preview(self, content: SlackContent, address: str) -> PreviewPage:
        return super().preview(SlackContent((_without_thread(content.posts[0]),)), address)

    def build(self, content: SlackContent, envelope: Envelope) -> tuple[Part, ...]:
        """One part. Raises RenderError past a limit."""
        post = _without_thread(addressed(checked(content)[:1], envelope)[0])
        return (Part(0, "post", "main.slack.json", dump(post | {"unfurl_links": False, "unfurl_media": False})),)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # the port's
        return part.draft

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # the port's
        """Sends once. A plainer form follows only a refusal of the blocks, after which the channel holds nothing."""
        return await post_or_reduce(self._post, sealed)

    def pace(self, address: str) -> tuple[str, float]:  # noqa: ARG002  # a webhook is its own address
        """The key holds a hash, because the URL is a secret and keys are printed."""
        return f"{CHANNEL}:{hashlib.sha256(self._url.encode()).hexdigest()[:16]}", SECONDS_APART

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _post(self, body: bytes, note: str) -> Receipt:
        try:
            answer = await self._http.send(
                "POST", self._url, content=body, headers={"content-type": "application/json; charset=utf-8"}
            )
        except HttpFailure as failure:
            # httpx's error holds the request with its URL, so it is not chained.
            raise by_failure(failure) from None
        if _accepted(answer):
            return Receipt("ok" + note)
        raise by_answer(answer, self._secrets, webhook=True)


def _without_thread(post: Mapping[str, Any]) -> dict[str, Any]:
    blocks = post.get("blocks")
    if not isinstance(blocks, list):
        return dict(post)
    return {**post, "blocks": [block for block in blocks if block.get("block_id") != THREAD_NOTE]}


def _accepted(answer: HttpAnswer) -> bool:
    """HTTP 200 and "ok". Some receivers that imitate Slack answer in JSON."""
    body = parse(answer.body)
    return answer.status == 200 and (answer.body.strip() == b"ok" or (body is not None and body.get("ok") is True))

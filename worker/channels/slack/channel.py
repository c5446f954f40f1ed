"""Slack with a bot's token: the digest's main post, its thread, and files in the thread.

https://docs.slack.dev/reference/methods/chat.postMessage

The ledger holds the hash of a part's full form. If Slack refuses the blocks of that form (`invalid_blocks` and others),
nothing was posted, and the same call of `send` posts a plainer form. The receipt then ends in "reduced:<n>", where n is
the number of the form, so that the ledger shows that the channel shows less than was sealed.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from worker.channels.slack.answers import open_door
from worker.channels.slack.api import BASE_URL, SlackApi
from worker.channels.slack.content import TEMPLATE, SlackContent, SlackMessages, addressed
from worker.channels.slack.errors import CHANNEL
from worker.channels.slack.fallback import dump, post_or_reduce
from worker.channels.slack.limits import checked
from worker.channels.slack.lookup import EVENT, POST, UPLOAD, delivery_id, file_mark, find
from worker.channels.slack.manifest import manifest
from worker.channels.slack.socket import serve_socket
from worker.channels.slack.token_kinds import app_for_bot, other_than_app, other_than_bot
from worker.channels.slack.upload import LOOPBACK, sealed_upload, upload, upload_body
from worker.channels.slack.webhook import SECONDS_APART, SlackWebhookChannel
from worker.domain.delivery import Attachment, Envelope, Part, Receipt
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain, RequestError
from worker.ports.channels import Channel, ChannelKind, MessageForm, RenderRequest, Templates
from worker.ports.chat import ANSWERING, ChatContract
from worker.ports.init_forms import InitField, InitForm
from worker.ports.kinds import Option, RuleViolation

_ADDRESS = re.compile(r"[CGDUW][A-Z0-9]{5,20}")
_TOKEN = re.compile(r"[!-~]{1,500}")
_PLACE = re.compile(r"([A-Z0-9]{2,40}) ([0-9]{1,20}\.[0-9]{1,10})")


class SlackChannel(SlackMessages):
    """`token` is a bot's (xoxb-…) with chat:write. `base_url` replaces Slack in tests and the sandbox."""

    def __init__(self, token: str, base_url: str = BASE_URL, *, answers: bool = False) -> None:
        super().__init__(answers=answers)
        self._pace_key = f"{CHANNEL}:{hashlib.sha256(token.encode()).hexdigest()[:16]}"
        self._api = SlackApi(token, base_url)

    def build(self, content: SlackContent, envelope: Envelope) -> tuple[Part, ...]:
        """Part 0 is the main post, followed by its thread in order and the files. Raises RenderError that names the
        post.
        """
        posts = [_post(number, post, envelope) for number, post in enumerate(addressed(checked(content), envelope))]
        files = [
            _file(number, attachment, envelope)
            for number, attachment in enumerate(content.attachments, start=len(posts))
        ]
        return (*posts, *files)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:
        """The main post is sealed as drafted. Later parts are addressed by its receipt, which names the real
        conversation even if the address is a person's id. An upload is sealed with a line that says where it goes.
        """
        if part.number == 0:
            return part.draft
        channel, ts = _place(receipts[0])
        if part.kind == UPLOAD:
            return sealed_upload({"channel_id": channel, "thread_ts": ts, **part.meta}, part.draft)
        return dump(json.loads(part.draft) | {"channel": channel, "thread_ts": ts})

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # the port's
        """Sends one part once. A plainer form follows only if Slack said that it posted nothing."""
        if part.kind == UPLOAD:
            return await upload(self._api, sealed)
        return await post_or_reduce(self._post, sealed)

    async def check(self, addresses: Sequence[str]) -> str:
        """Checks the token, and reads the newest message of each channel, because look-ups of unclear posts need its
        history.

        Raises DeliveryRefused and DeliveryDeferred.
        """
        told = await self._api.read("auth.test", {})
        for address in addresses:
            if address[:1] not in {"U", "W"}:
                await self._readable(address)
        read = f"{len(addresses)} address{'' if len(addresses) == 1 else 'es'}"
        return f"team {told.get('team', '?')}, history of {read} readable"

    async def _readable(self, address: str) -> None:
        try:
            await self._api.read("conversations.history", {"channel": address, "limit": "1"})
        except DeliveryRefused as refused:
            raise DeliveryRefused(CHANNEL, f"history of {address}: {refused.problem}", code=refused.code) from refused

    async def find(self, part: Part, envelope: Envelope) -> Receipt | None:
        """Searches the channel's history. Raises DeliveryDeferred if it cannot be read, because that proves nothing."""
        try:
            return await find(self._api, part, envelope)
        except DeliveryRefused as refused:
            raise DeliveryDeferred(CHANNEL, f"the history cannot be read: {refused.problem}") from refused

    def pace(self, address: str) -> tuple[str, float]:
        """Slack allows about one message per second and channel. The key holds a hash of the token."""
        return f"{self._pace_key}:{address}", SECONDS_APART

    def saved(self, part: Part, sealed: bytes) -> bytes:
        """For an upload, the file as Slack gets it."""
        return upload_body(sealed) if part.kind == UPLOAD else sealed

    async def aclose(self) -> None:
        await self._api.aclose()

    async def _post(self, body: bytes, note: str) -> Receipt:
        answer = await self._api.write("chat.postMessage", body)
        channel, ts = answer.get("channel"), answer.get("ts")
        text = f"{channel} {ts}"
        if not isinstance(channel, str) or not isinstance(ts, str) or _PLACE.fullmatch(text) is None:
            raise DeliveryUncertain(CHANNEL, "chat.postMessage: accepted, but without channel and ts")
        return Receipt(text + note)


def open_slack(options: Mapping[str, str]) -> Channel[SlackContent]:
    """The channel for options whose secrets are resolved. Raises RequestError without the secret."""
    answers = ANSWERING in options
    if "webhook_url" in options:
        return SlackWebhookChannel(options["webhook_url"].strip(), answers=answers)
    token = options["token"].strip()
    if _TOKEN.fullmatch(token) is None:
        raise RequestError("slack: the token is empty or holds characters that no token has; expected xoxb-…")
    # A URL is accepted here: it stands for every secret where nothing is sent, and `check` warns of it.
    mistaken = app_for_bot(token)
    if mistaken is not None:
        raise RequestError(f"slack: the token is {mistaken[0]}; expected {mistaken[1]}")
    return SlackChannel(token, options.get("base_url", BASE_URL), answers=answers)


def _post(number: int, post: Mapping[str, Any], envelope: Envelope) -> Part:
    body = {
        "channel": envelope.address,
        **post,
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT, "event_payload": {"delivery_id": delivery_id(envelope, number)}},
    }
    name = f"thread-{number}.slack.json" if number else "main.slack.json"
    return Part(number, POST, name, dump(body))


def _file(number: int, attachment: Attachment, envelope: Envelope) -> Part:
    """The title ends in a mark of the delivery, by which a look-up finds the file."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", attachment.name).lstrip(".-")[:120] or f"file-{number}"
    meta = {"filename": name, "title": f"{name} {file_mark(envelope)}"}
    return Part(number, UPLOAD, name, attachment.body, meta)


def _place(receipt: Receipt) -> tuple[str, str]:
    """Channel and ts of a post from its receipt."""
    found = _PLACE.match(receipt.text)
    if found is None:
        raise DeliveryRefused(CHANNEL, f"the digest's own post left no place: {receipt.text!r}", code="no_thread")
    return found[1], found[2]


def _address(text: str) -> str:
    """The id of a channel, conversation or person. Names are not stable, and Slack no longer accepts them."""
    address = text.strip()
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError(
            f"found {text!r}, expected the id of a channel or person, as C0123456789; "
            "Slack shows it at the end of the channel's details"
        )
    return address


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    found: list[RuleViolation] = []
    if "webhook_url" in options and "base_url" in options:
        found.append(
            RuleViolation(("base_url",), "base_url beside webhook_url", "leave it out: the webhook's URL says where")
        )
    for name in ("base_url", "webhook_url"):
        url = options.get(name, "")
        if url and not url.startswith("${") and not _safe(url):
            found.append(RuleViolation((name,), f"{name} that is not https", "https://…; http:// only to this machine"))
    return tuple(found)


def _safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _whole(request: RenderRequest, templates: Templates) -> object:
    return checked(SlackMessages(answers=True).content(request, templates))


SLACK = ChannelKind(
    type="slack",
    options=(
        Option(
            "token",
            secret=True,
            note="a bot's token, xoxb-…, with chat:write; files:write for files",
            mistaken=other_than_bot,
        ),
        Option("webhook_url", secret=True, note="an incoming webhook: the main post only, no thread, no files"),
        Option("base_url", note=f"instead of {BASE_URL}"),
        Option(
            ANSWERING,
            note="commands and buttons: people can ask, acknowledge and mute in Slack",
            inbound=True,
            group=(
                Option("signing_secret", secret=True, note="the app's; `web` verifies requests with it"),
                Option(
                    "app_token",
                    secret=True,
                    note="xapp-…, with connections:write: `chat socket` instead of `web`",
                    mistaken=other_than_app,
                ),
            ),
        ),
    ),
    address=_address,
    open=open_slack,
    needs_address=lambda options: "webhook_url" not in options,
    faults=_faults,
    one_of=(("token", "webhook_url"),),
    forms=(MessageForm("slack", (TEMPLATE,), _whole),),
    chat=ChatContract("signing_secret", "app_token", open_door, serve_socket, manifest),
    ask_for_init=InitForm((InitField("token", "Token of the bot (xoxb-…)", variable="SLACK_BOT_TOKEN"),)),
    example='{type: slack, token: "${SLACK_BOT_TOKEN}"}',
)

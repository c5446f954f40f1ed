"""Webhooks according to Standard Webhooks: each digest as JSON to one URL, signed, with the same id in every attempt.

https://www.standardwebhooks.com
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from worker.adapters.http import HttpFailure
from worker.adapters.public_http import ForbiddenHost, PublicHttp, checked_url
from worker.adapters.webhook_signature import WebhookSigner
from worker.channels.common.json_message import (
    TEMPLATE,
    JsonContent,
    json_body,
    json_content,
    json_preview,
    own_json_content,
)
from worker.channels.common.no_address import no_address
from worker.channels.webhook.answers import CHANNEL, by_failure, receipt_of
from worker.domain.delivery import Envelope, Part, Receipt
from worker.errors import DeliveryRefused, RequestError
from worker.ports.channels import ChannelKind, MessageForm, PreviewPage, RenderRequest, Templates
from worker.ports.kinds import Option, RuleViolation

PATIENCE = 30.0
"""Seconds for one answer. Standard Webhooks advises 15 to 30."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """`secrets`: all signing secrets, the current one first; empty for an unsigned webhook. `authorization`: the value
    of the Authorization header, empty for none.
    """

    url: str
    secrets: tuple[str, ...] = ()
    authorization: str = ""
    private: bool = False
    own_template: bool = False


class WebhookChannel:
    """The URL itself may be a secret: it is never in errors, names or logs."""

    preview_suffix = "json"

    def __init__(self, options: WebhookOptions, clock: Callable[[], datetime] = utc_now) -> None:
        """Raises RequestError."""
        self._options = options
        self._clock = clock
        last = options.url.rstrip("/").rsplit("/", 1)[-1]  # a receiver may quote its own path only
        self._secrets = (options.url, last, options.authorization, *options.secrets)
        try:
            self._http = PublicHttp(options.url, private=options.private, timeout=PATIENCE)
        except ValueError as error:
            raise RequestError(f"webhook url: {error}") from None

    def content(self, request: RenderRequest, templates: Templates) -> JsonContent:
        make = own_json_content if self._options.own_template else json_content
        return make(request, templates)

    def preview(self, content: JsonContent, address: str) -> PreviewPage:
        return json_preview(content, address)

    def build(self, content: JsonContent, envelope: Envelope) -> tuple[Part, ...]:
        return (Part(0, "post", f"digest-{envelope.key.digest[:8]}.json", json_body(content, envelope.address)),)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # there is one part
        return part.draft

    def idempotency_key(self, part: Part, envelope: Envelope) -> str:  # noqa: ARG002  # there is one part
        """The webhook-id. Standard Webhooks allows no full stop in it."""
        return f"msg_{envelope.key.digest}"

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:
        """Raises RequestError for a secret that cannot be used."""
        headers = {"content-type": "application/json; charset=utf-8"}
        if self._options.authorization:
            headers["authorization"] = self._options.authorization
        signed = self._signer.headers(self.idempotency_key(part, envelope), sealed, self._clock())
        try:
            answer = await self._http.post(sealed, {**headers, **signed})
        except HttpFailure as failure:
            raise by_failure(failure) from None
        except ForbiddenHost as error:
            raise _forbidden(error) from None
        return receipt_of(answer, self._secrets, self._clock())

    async def check(self, addresses: Sequence[str]) -> str:  # noqa: ARG002  # a webhook is its own address
        """Checks that the secrets are usable and the host is allowed. Raises what `send` raises."""
        _ = self._signer
        try:
            found = await self._http.addresses()
        except HttpFailure as failure:
            raise by_failure(failure) from None
        except ForbiddenHost as error:
            raise _forbidden(error) from None
        keys, hosts = len(self._options.secrets), len(found)
        signed = f"signs with {keys} secret{'' if keys == 1 else 's'}" if keys else "signs nothing"
        return f"{signed}; its host has {hosts} address{'' if hosts == 1 else 'es'}; nothing was sent"

    async def aclose(self) -> None:
        await self._http.aclose()

    @cached_property
    def _signer(self) -> WebhookSigner:
        """Created on first use: a message is also built where no secret is known."""
        return WebhookSigner(self._options.secrets)


def _forbidden(error: ForbiddenHost) -> DeliveryRefused:
    return DeliveryRefused(CHANNEL, str(error), code="forbidden_host", suspend="channel")


def open_webhook(options: Mapping[str, str], clock: Callable[[], datetime] = utc_now) -> WebhookChannel:
    """A channel from options whose secrets are resolved. `clock`: returns UTC, for the time in each signature. Raises
    RequestError, without the secrets.
    """
    wrong = _faults(options)
    if wrong:
        raise RequestError("; ".join(f"webhook: {f.found}; {f.expected}" for f in wrong))
    authorization = options.get("authorization", "").strip()
    if not (authorization.isascii() and authorization.isprintable()):
        raise RequestError("webhook authorization: found characters that no HTTP header can hold")
    return WebhookChannel(
        WebhookOptions(
            url=options["url"].strip(),
            secrets=tuple(options[name] for name in ("secret", "secret_previous") if name in options),
            authorization=authorization,
            private=options.get("private") == "allowed",
            own_template=options.get("body") == "template",
        ),
        clock,
    )


_WORDS = {"private": "allowed", "body": "template", "signature": "none"}
"""Options with one possible value each."""


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    found = [
        RuleViolation((name,), f"`{name}` with {options[name]!r}", f"write `{name}: {word}`, or leave it out")
        for name, word in _WORDS.items()
        if options.get(name, word) != word
    ]
    if ("secret" in options) is ("signature" in options):
        expected = "write `secret`, or `signature: none` for a receiver that cannot check signatures"
        found.append(RuleViolation(("secret",) if "secret" in options else (), _both_or_none(options), expected))
    if "secret_previous" in options and "secret" not in options:
        found.append(RuleViolation(("secret_previous",), "`secret_previous` without `secret`", "write `secret` too"))
    url = options.get("url", "")
    if url and "${" not in url:
        try:
            checked_url(url.strip(), private=options.get("private") == "allowed")
        except ValueError as error:
            said, _, expected = str(error).removeprefix("found ").partition(", expected ")
            found.append(RuleViolation(("url",), f"`url` with {said}", f"write {expected or 'a URL that can be read'}"))
    return tuple(found)


def _both_or_none(options: Mapping[str, str]) -> str:
    return "`secret` beside `signature`" if "secret" in options else "`type: webhook` without `secret`"


WEBHOOK = ChannelKind(
    type="webhook",
    options=(
        Option("url", secret=True, required=True, note="where messages are POSTed: https://, or http:// to 127.0.0.1"),
        Option("secret", secret=True, note="whsec_… that signs each message; required unless `signature: none`"),
        Option("secret_previous", secret=True, note="also signs, while the receiver changes to `secret`"),
        Option("signature", note="`none`: for a receiver that cannot check signatures"),
        Option("authorization", secret=True, note="the value of the header Authorization, such as `Bearer …`"),
        Option("private", note="`allowed`: the host may have an address in a private network"),
        Option("body", note="`template`: the body is made by webhook.json.j2 in the entry's own template folder"),
    ),
    address=no_address,
    open=open_webhook,
    forms=(MessageForm("webhook", (TEMPLATE,), own_json_content, optional=True),),
    needs_address=lambda _options: False,
    faults=_faults,
)

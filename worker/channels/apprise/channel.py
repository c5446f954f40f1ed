"""`type: apprise` sends each message to one service of Apprise, as title and body.

Apprise returns only true or false. False may mean that the service refused, that it was not reachable, or that an
answer was lost after the service had accepted the message. The outcome is then unknown, and the schedule's `on_unknown`
decides.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.adapters.apprise_service import AppriseService, AppriseUnclear, installed
from worker.channels.common.no_address import no_address
from worker.channels.common.texts import html_of, subject_of, text_of
from worker.domain.delivery import READER, Envelope, Part, Receipt
from worker.errors import DeliveryUncertain, RenderError
from worker.ports.channels import ChannelKind, PreviewPage, RenderRequest, TemplatePage, Templates
from worker.ports.kinds import Option, RuleViolation

CHANNEL = "apprise"
PATIENCE = 30.0
"""Seconds for a connection, and again for an answer, if the URL has no `cto` or `rto`."""

TEXT, HTML = "text", "html"


@dataclass(frozen=True, slots=True)
class AppriseContent:
    title: str
    body: str


class AppriseChannel:
    """`limit`: characters of a body; 0 for none. Apprise's own limit of a service is not used, because a message is
    also built without the URL.
    """

    def __init__(self, url: str, form: str, limit: int) -> None:
        self._service = AppriseService(url, PATIENCE)
        self._form = form
        self._limit = limit

    @property
    def preview_suffix(self) -> str:
        return "html" if self._form == HTML else "txt"

    def content(self, request: RenderRequest, templates: Templates) -> AppriseContent:
        """The longest form of the digest that the limit allows."""
        folder = request.entry.template
        for page in templates.pages(request):
            body = self._body(page).replace(READER, CHANNEL)
            if not self._limit or len(body) <= self._limit:
                return AppriseContent(subject_of(page), body)
        raise RenderError(
            f"{folder}/",
            0,
            f"the message has more than {self._limit} characters, the channel's `limit`, even shortened",
        )

    def preview(self, content: AppriseContent, address: str) -> PreviewPage:  # noqa: ARG002  # there is no address
        return PreviewPage(content.title, content.body)

    def build(self, content: AppriseContent, envelope: Envelope) -> tuple[Part, ...]:
        told = {"title": content.title, "body": content.body, "form": self._form}
        return (Part(0, "message", f"digest-{envelope.key.digest[:8]}.json", json.dumps(told).encode()),)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # there is one part
        return part.draft

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # the port's
        """Raises DeliveryUncertain, and RequestError for a URL that cannot be used."""
        try:
            await self._service.notify(**json.loads(sealed))
        except AppriseUnclear as error:
            problem = f"Apprise does not say whether the service took it: {error}"
            raise DeliveryUncertain(CHANNEL, problem) from None
        return Receipt("Apprise: the service took it")

    async def check(self, addresses: Sequence[str]) -> str:  # noqa: ARG002  # the URL is the address
        return f"the URL is one of {self._service.name}; nothing was sent"

    async def aclose(self) -> None:
        await self._service.aclose()

    def _body(self, page: TemplatePage) -> str:
        return html_of(page) if self._form == HTML else text_of(page)


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    found = []
    if not installed():
        found.append(RuleViolation((), "`type: apprise` without the library", "install funnelbeat[apprise]"))
    if options.get("format", TEXT) not in {TEXT, HTML}:
        found.append(RuleViolation(("format",), f"`format` with {options['format']!r}", f"write {TEXT} or {HTML}"))
    limit = options.get("limit", "1")
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= 1_000_000):
        found.append(RuleViolation(("limit",), f"`limit` with {limit!r}", "write a number of characters, such as 2000"))
    return tuple(found)


APPRISE = ChannelKind(
    type="apprise",
    options=(
        Option("url", secret=True, required=True, note="an Apprise URL with its targets, such as tgram://…/…"),
        Option("format", note="`text` (default) or `html`"),
        Option("limit", note="characters of a message; a longer digest is shortened"),
    ),
    address=no_address,
    open=lambda options: AppriseChannel(options["url"], options.get("format", TEXT), int(options.get("limit", "0"))),
    needs_address=lambda _options: False,
    faults=_faults,
)

"""Email over SMTP: options, sending, and what a server's refusals mean.

The classes follow RFC 5321 and RFC 3463: 4yz may be tried again; 5yz is permanent, and the table in `faults` says
whether the address, the channel or only this message is at fault.
"""

import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

from worker.adapters.smtp.addresses import ascii_address, mailbox, needs_smtputf8, quotes_missing
from worker.adapters.smtp.client import WAITS, Mailer
from worker.adapters.smtp.connection_limit import ConnectionLimit
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.mime import MailContent, list_id, message
from worker.adapters.smtp.server import parse_url
from worker.adapters.smtp.waits import Waits
from worker.channels.common.names import slug
from worker.channels.common.texts import HTML, SUBJECT, TEXT
from worker.channels.email.bounce import bounce_report
from worker.channels.email.bounce_options import (
    BOUNCE_OPTIONS,
    bounce_faults,
    look_every,
    open_bounce_mailbox,
    open_bounce_webhook,
    unsubscribe_address,
)
from worker.channels.email.content import mail_content, preview_of
from worker.channels.email.faults import Fault, at_fault
from worker.channels.email.oauth_options import OAUTH_OPTIONS, oauth_faults, open_tokens
from worker.domain.delivery import Envelope, Part, Receipt, RefusedCopy
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, DeliveryUncertain, RenderError, RequestError
from worker.ports.channels import ChannelKind, MessageForm, PreviewPage, RenderRequest, Templates
from worker.ports.init_forms import InitField, InitForm
from worker.ports.kinds import Option, RuleViolation
from worker.ports.tokens import Renewal
from worker.sanitize import clean

SIZE_LIMIT = 20_000_000
"""Octets of one message; most servers have a limit between 10 and 35 MB."""

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def _address(text: str) -> str:
    """One mailbox with a lower-case domain. Raises ValueError with the expected form."""
    return ascii_address(text.strip())


def _faults(options: Mapping[str, str]) -> tuple[RuleViolation, ...]:
    faults = []
    url, sender = options.get("url", ""), options.get("from", "")
    if "url" in options:
        try:
            parse_url(url)
        except ValueError as error:
            faults.append(RuleViolation(("url",), "`url` that cannot be used", str(error)))
    if "from" in options:
        try:
            mailbox(sender)
        except ValueError:
            expected = quotes_missing(sender) or 'write a sender like "Pipeline <reports@acme.example>"'
            faults.append(RuleViolation(("from",), f"`from` with {clean(sender, 80)!r}", expected))
    if "hello" in options and not _is_host(options["hello"]):
        expected = "write this host's full name, such as relay.acme.example, or its address in []"
        faults.append(RuleViolation(("hello",), f"`hello` with {options['hello']!r}", expected))
    if "reply_to" in options:
        try:
            mailbox(options["reply_to"])
        except ValueError:
            expected = quotes_missing(options["reply_to"]) or "write an address like Sales <sales@acme.example>"
            faults.append(RuleViolation(("reply_to",), f"`reply_to` with {options['reply_to']!r}", expected))
    return (*faults, *oauth_faults(options), *bounce_faults(options))


def _is_host(name: str) -> bool:
    """Whether EHLO accepts the name: a domain or an address literal (RFC 5321, 4.1.1.1)."""
    if name.startswith("[") and name.endswith("]"):
        try:
            ip_address(name[1:-1].removeprefix("IPv6:"))
        except ValueError:
            return False
        return True
    return len(name) <= 255 and _HOST.fullmatch(name) is not None


class EmailChannel:
    """A message to one reader is one part. There is no pace: an overloaded mail server answers 4yz."""

    preview_suffix = "html"

    def __init__(self, mailer: Mailer, sender: str, unsubscribe: str = "", reply_to: str = "") -> None:
        """`unsubscribe`: an address where a mail with a reader's token in its subject unsubscribes the reader.
        `reply_to`: the address for replies, unless the entry has its own.
        """
        self._mailer = mailer
        self._sender = sender
        self._unsubscribe = unsubscribe
        self._reply_to = (reply_to,) if reply_to else ()
        self._origin = mailbox(sender)[1]

    def content(self, request: RenderRequest, templates: Templates) -> MailContent:
        content = mail_content(request, templates)
        return content if content.reply_to else replace(content, reply_to=self._reply_to)

    def preview(self, content: MailContent, address: str) -> PreviewPage:
        return preview_of(content, address)

    def build(self, content: MailContent, envelope: Envelope) -> tuple[Part, ...]:
        schedule = envelope.key.run.schedule
        try:
            named = list_id(schedule, self._origin.rpartition("@")[2])
            draft = message(content, envelope, self._sender, named, self._unsubscribe)
        except ValueError as error:
            raise RenderError("email", 0, str(error)) from error
        if len(draft) > SIZE_LIMIT:
            raise RenderError("email", 0, f"the message has {len(draft)} bytes, past the limit of {SIZE_LIMIT}")
        return (Part(0, "mail", f"{slug(schedule)}-{envelope.key.digest[:8]}.eml", draft),)

    def seal(self, part: Part, receipts: Sequence[Receipt]) -> bytes:  # noqa: ARG002  # a mail does not depend on earlier ones
        return part.draft

    async def send(self, part: Part, sealed: bytes, envelope: Envelope) -> Receipt:  # noqa: ARG002  # there is one part
        address = ascii_address(envelope.address)
        beyond_ascii = needs_smtputf8(address) or needs_smtputf8(self._origin)
        try:
            copies = [one for one in envelope.cc if one not in envelope.withheld]
            sent = await self._mailer.send(self._origin, address, sealed, copies=copies, smtputf8=beyond_ascii)
        except MailFailure as failure:
            error = classed(failure)
            heard = (_refused(copy, why) for copy, why in failure.refused)
            error.dead_copies = tuple((one.address, one.words) for one in heard if one.dead)
            raise error from failure
        return Receipt(sent.text, tuple(_refused(copy, failure) for copy, failure in sent.refused))

    async def check(self, addresses: Sequence[str]) -> str:  # noqa: ARG002  # only a refusal shows that a mailbox does not exist
        try:
            return f"sends as {self._origin}; the mail server answered: {await self._mailer.check()}"
        except MailFailure as failure:
            raise classed(failure) from failure

    async def aclose(self) -> None:
        await self._mailer.aclose()


def _utc_now() -> datetime:
    return datetime.now(UTC)


def open_email(  # what tests set is separate
    options: Mapping[str, str],
    renewal: Renewal | None = None,
    clock: Callable[[], datetime] = _utc_now,
    *,
    waits: Waits = WAITS,
    connections: int = 4,
    tls: ssl.SSLContext | None = None,
) -> EmailChannel:
    """The channel for these options (secrets resolved), not yet connected. Raises RequestError."""
    absent = tuple(RuleViolation((key,), "nothing", "a value") for key in ("url", "from") if key not in options)
    wrong = absent + _faults(options)
    if wrong:
        raise RequestError("; ".join(f"email {f.path[0]}: {f.found}, {f.expected}" for f in wrong))
    mailer = Mailer(
        parse_url(options["url"]),
        options.get("password", ""),
        waits=waits,
        limit=ConnectionLimit(connections),
        hello=options.get("hello") or mailbox(options["from"])[1].rpartition("@")[2],
        tls=tls,
        tokens=open_tokens(options, renewal, clock),
    )
    return EmailChannel(mailer, options["from"], unsubscribe_address(options), options.get("reply_to", ""))


def classed(failure: MailFailure) -> DeliveryError:
    """Whether a failure leaves the delivery uncertain, defers it, or refuses it, and what must not be used again."""
    words = f"{failure.phase}: {failure.text.lstrip().removeprefix(failure.enhanced).lstrip()}"  # without its code
    code = f"{failure.code} {failure.enhanced}".strip()
    if failure.unclear:
        return DeliveryUncertain("email", words, silent=failure.silent)
    if failure.code < 500 or _mailbox_full(failure):
        return DeliveryDeferred("email", f"{code} {words}" if failure.code else words, silent=failure.silent)
    fault = at_fault(failure)
    suspend = None if fault is Fault.MESSAGE else str(fault)
    return DeliveryRefused("email", f"{code} {words}", code=code, suspend=suspend)


def _refused(copy: str, failure: MailFailure) -> RefusedCopy:
    """The server accepted the reader, so that only the address of the copy can be at fault."""
    error = classed(failure)
    dead = isinstance(error, DeliveryRefused) and error.suspend == Fault.READER
    return RefusedCopy(copy, error.problem, dead)


def _mailbox_full(failure: MailFailure) -> bool:
    """Some servers answer 552 instead of 452. RFC 5321, 4.5.3.1.10 asks clients to treat it as 452."""
    full = failure.enhanced == "5.2.2" or (failure.code == 552 and not failure.enhanced)
    return full and failure.phase == "rcpt"


def _has_user(answered: Mapping[str, str]) -> bool:
    """A relay without a login needs no password."""
    return "@" in answered.get("url", "").partition("://")[2]


EMAIL = ChannelKind(
    type="email",
    options=(
        Option("url", required=True, note="smtp://user@host:587 (STARTTLS required) or smtps://user@host:465"),
        Option("password", secret=True, note="of the URL's user"),
        Option("from", required=True, note='the sender, "Pipeline <reports@acme.example>"'),
        Option("reply_to", note="where replies go, such as Sales <sales@acme.example>; default: `from`"),
        Option("hello", note="the name of this host in EHLO; default: the domain of `from`"),
        *OAUTH_OPTIONS,
        *BOUNCE_OPTIONS,
    ),
    address=_address,
    open=open_email,
    open_renewing=open_email,
    faults=_faults,
    forms=(MessageForm("email", (SUBJECT, TEXT, HTML), mail_content),),
    bounce=bounce_report,
    mailbox=lambda _address: True,
    look_every=look_every,
    bounce_mailbox=open_bounce_mailbox,
    bounce_webhook=open_bounce_webhook,
    ask_for_init=InitForm(
        (
            InitField("url", "Mail server, as smtp://me@smtp.acme.example:587 (587: STARTTLS) or smtps://…:465"),
            InitField("password", "Password of that account", variable="SMTP_PASSWORD", asked=_has_user),
            InitField("from", "Sender, as Pipeline <reports@acme.example>"),
        )
    ),
    example='{type: email, url: "smtp://me@acme.example:587", password: "${SMTP_PASSWORD}", from: me@acme.example}',
)

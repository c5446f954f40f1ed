"""What a mail server says to one recipient each, and what is to become of the recipient's delivery."""

from dataclasses import dataclass

from tests.mta.postfix import DOMAIN
from tests.mta.verdicts import END, POLICY, RCPT
from worker.domain.delivery import DeliveryState

NOBODY, ADDRESS, CHANNEL = "", "address", "channel"
"""What is suspended."""


@dataclass(frozen=True)
class Case:
    """`answer` in the step `step`; empty if Postfix finds the fault itself. `words`: what the ledger has of the reply.
    `url` and `more`: how the case's channel differs; {submission} and so on are ports.
    """

    name: str
    state: DeliveryState
    words: str = ""
    stops: str = NOBODY
    answer: str = ""
    step: str = RCPT
    url: str = "smtp://bot%40acme.example@localhost:{submission}"
    more: str = 'password: "${MAIL_KEY}"'
    at: str = DOMAIN

    @property
    def address(self) -> str:
        return f"{self.name}@{self.at}"

    @property
    def channel(self) -> str:
        """One of its own where it would stop, or differ from, the channel of the others."""
        return "mail" if self.stops != CHANNEL and self.url == Case.url else f"of-{self.name}"


def _reader(name: str, answer: str, words: str = "", step: str = RCPT) -> Case:
    return Case(name, DeliveryState.REFUSED, words or answer, ADDRESS, answer, step)


def _ours(name: str, answer: str, words: str = "", step: str = RCPT) -> Case:
    return Case(name, DeliveryState.REFUSED, words or answer, CHANNEL, answer, step)


def _message(name: str, answer: str, words: str = "", step: str = RCPT) -> Case:
    return Case(name, DeliveryState.REFUSED, words or answer, NOBODY, answer, step)


def _later(name: str, answer: str, words: str = "", step: str = RCPT) -> Case:
    return Case(name, DeliveryState.DEFERRED, words or answer, NOBODY, answer, step)


REPLIES = (
    # The reader's address.
    Case("ghost", DeliveryState.REFUSED, "550 5.1.1 rcpt: <ghost@initech.example>: Recipient address", ADDRESS),
    _reader("exchange", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", "550 5.1.10 rcpt: RESOLVER"),
    _reader("disabled", "550 5.2.1 The email account that you tried to reach is inactive.", "550 5.2.1 rcpt: The"),
    _reader("plain", "550 No such user here", "550 rcpt: No such user here"),
    _reader("afterwards", "550 5.1.1 <afterwards@initech.example>... User unknown", "550 5.1.1 data: <aft", END),
    # Our host, sender and login.
    _ours(
        "listed",
        "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org;"
        " https://www.spamhaus.org/query/ip/192.0.2.7",
        "554 5.7.1 rcpt: Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
    ),
    _ours("host", "blocked_host", "554 5.7.1 rcpt: <localhost[127.0.0.1]>: Client host rejected: Access", POLICY),
    _ours("sender", "bad_sender", "550 5.1.8 rcpt: <reports@acme.example>: Sender address rejected: Domain", POLICY),
    _ours("banned", "550 5.7.606 Access denied, banned sending IP [192.0.2.7].", "550 5.7.606 rcpt: Access denied"),
    # The message, or our domain as only some receivers see it.
    _message("dmarc", "550 5.7.26 Unauthenticated email from acme.example is not accepted due to domain's DMARC"
             " policy.", "550 5.7.26 data: Unauthenticated email", END),
    _message("microsoft", "550 5.7.515 Access denied, sending domain ACME.EXAMPLE does not meet the required"
             " authentication level.", "550 5.7.515 data: Access denied", END),
    _message("spf", "550 5.7.23 Message rejected due to: SPF fail - not authorized", "550 5.7.23 rcpt: <spf@initech"
             ".example>: Recipient address rejected: Message rejected due to: SPF fail", POLICY),
    _message("dkim", "550 5.7.20 No passing DKIM signature found", "550 5.7.20 data: No passing DKIM", END),
    _message("denied", "554 5.7.1 Access denied", "554 5.7.1 rcpt: <denied@initech.example>: Recipient address"
             " rejected: Access denied", POLICY),
    _message("spam", "554 5.7.1 Spam message rejected", "554 5.7.1 data: Spam message rejected", END),
    _message("content", "554 5.6.0 Message content rejected", "554 5.6.0 data: Message content rejected", END),
    # Later.
    _later("grey", "DEFER_IF_PERMIT Greylisted, see http://postgrey.schweikert.ch/help/initech.example.html",
           "450 4.7.1 rcpt: <grey@initech.example>: Recipient address rejected: Greylisted", POLICY),
    _later("nodomain", "unknown_sender", "450 4.1.8 rcpt: <reports@acme.example>: Sender address rejected", POLICY),
    _later("noname", "hidden_host", "450 4.7.1 rcpt: <localhost[127.0.0.1]>: Client host rejected: cannot", POLICY),
    _later("full", "452 4.2.2 The email account that you tried to reach is over quota.", "452 4.2.2 rcpt: The email"),
    _later("fuller", "552 5.2.2 Mailbox full", "552 5.2.2 rcpt: Mailbox full"),
    _later("rate", "450 4.7.28 Our system has detected an unusual rate of mail.", "450 4.7.28 rcpt: Our system"),
    _later("closing", "421 4.7.0 Try again later, closing connection.", "421 4.7.0 rcpt: Try again later"),
    _later("closed", "421 4.3.2 Service shutting down", "421 4.3.2 data: Service shutting down", END),
    _later("busy", "451 4.7.1 Please try again later", "451 4.7.1 data: Please try again later", END),
)  # fmt: skip
"""Postfix itself writes the replies of the step POLICY; those of RCPT and END are other servers' words."""

DOORS = (
    Case("nologin", DeliveryState.REFUSED, "554 5.7.1 rcpt: <localhost[127.0.0.1]>: Client host rejected", CHANNEL,
         url="smtp://localhost:{submission}", more=""),
    Case("wrongkey", DeliveryState.REFUSED, "535 5.7.8 auth: Error: authentication failed", CHANNEL,
         more='password: "${WRONG_KEY}"'),
    Case("notls", DeliveryState.REFUSED, "530 5.7.0 mail: Must issue a STARTTLS command first", CHANNEL,
         url="smtp://127.0.0.1:{submission}?tls=never", more=""),
    Case("inclear", DeliveryState.REFUSED, "504 auth:", CHANNEL,
         url="smtp://bot%40acme.example@127.0.0.1:{submission}?tls=never"),
    Case("stripped", DeliveryState.REFUSED, "504 tls:", CHANNEL, url="smtp://localhost:{open}", more=""),
    Case("stranger", DeliveryState.REFUSED, "554 tls: the server's certificate could not be verified", CHANNEL,
         url="smtp://bot%40acme.example@127.0.0.1:{submission}"),
    Case("hello", DeliveryState.REFUSED, "504 5.5.2 rcpt: <worker>: Helo command rejected", CHANNEL,
         url="smtp://127.0.0.1:{open}?tls=never", more="hello: worker"),
    Case("relay", DeliveryState.REFUSED, "554 5.7.1 rcpt: <relay@elsewhere.example>: Relay access denied", NOBODY,
         url="smtp://127.0.0.1:{open}?tls=never", more="", at="elsewhere.example"),
    Case("big", DeliveryState.REFUSED, "552 5.3.4 mail: Message size exceeds fixed limit",
         url="smtp://127.0.0.1:{small}?tls=never", more=""),
    Case("down", DeliveryState.DEFERRED, "the connection could not be made", url="smtp://localhost:1", more=""),
    Case("wrapped", DeliveryState.SENT, url="smtps://bot%40acme.example@localhost:{smtps}"),
)  # fmt: skip
"""Faults of the channel itself."""

FINE = tuple(Case(name, DeliveryState.SENT) for name in ("ann", "bob", "cy", "jürgen"))

CASES = (*FINE, *REPLIES, *DOORS)
READERS = tuple(case.name for case in CASES if case.name != "ghost" and case.at == DOMAIN) + tuple(
    f"reader{number}" for number in range(30)
)

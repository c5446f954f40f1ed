"""Decides whether a permanent refusal concerns the reader's address, the channel (our host, login or sender) or the
message.

Servers agree on few codes, so this is a table. The text decides first, then the enhanced code, then the step. A refusal
by policy concerns who we are or what we wrote, not the reader. A refusal that no rule matches concerns the message, so
that the next message is tried.

| source | what it lists |
|---|---|
| https://www.iana.org/assignments/smtp-enhanced-status-codes | all codes; 5.7.20 to 5.7.26 come from RFC 7372 |
| https://www.postfix.org/postconf.5.html | Postfix: "rejected" with Client host, Helo command, Sender or Recipient |
| https://support.google.com/a/answer/3726730 | Gmail's replies |
| https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online | Exchange |
| https://www.exim.org/exim-html-current/doc/html/spec_html/ | Exim: texts without an enhanced code |
| https://www.spamhaus.org/faqs/ | block lists |
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from worker.adapters.smtp.failure import MailFailure

_ADDRESS = re.compile(r"\S+@\S+")
"""Removed before the search, because the address relay@acme.example does not mean that relaying failed."""


class Fault(StrEnum):
    """What is not used again after a refusal. MESSAGE: nothing, because the next message may pass."""

    READER = "address"
    CHANNEL = "channel"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class FaultRule:
    """`text` and `enhanced` are regular expressions. `text` is searched for in the server's words without addresses.
    `enhanced` must match the whole code; None matches all. `phases` and `codes`: the steps and replies to which the
    rule applies; empty for all.
    """

    fault: Fault
    text: str = ""
    enhanced: str | None = None
    phases: AbstractSet[str] = frozenset()
    codes: AbstractSet[int] = frozenset()

    def fits(self, failure: MailFailure) -> bool:
        return (
            (not self.phases or failure.phase in self.phases)
            and (not self.codes or failure.code in self.codes)
            and (self.enhanced is None or re.fullmatch(self.enhanced, failure.enhanced) is not None)
            and re.search(self.text, _ADDRESS.sub("", failure.text), re.IGNORECASE) is not None
        )


RCPT = frozenset({"rcpt"})

RULES: tuple[FaultRule, ...] = (
    # Before there is a message: login, TLS and our rights.
    FaultRule(Fault.CHANNEL, phases=frozenset({"connect", "tls", "auth"})),
    FaultRule(Fault.CHANNEL, codes=frozenset({502, 503, 504, 530, 534, 535, 538})),
    FaultRule(Fault.CHANNEL, enhanced=r"5\.7\.(8|9|11|57)"),
    # The reader's own block, the only policy that concerns one address.
    FaultRule(Fault.READER, text=r"blocked by (this|the) (user|recipient)", phases=RCPT),
    # Our domain fails SPF, DKIM or DMARC, which only some receivers require.
    FaultRule(Fault.MESSAGE, enhanced=r"5\.7\.(2[0-4]|26|27|30|509|515)"),
    FaultRule(Fault.MESSAGE, text=r"\b(spf|dkim|dmarc)\b"),
    # Our host: block lists, its name, and Postfix's replies at RCPT about earlier steps.
    FaultRule(Fault.CHANNEL, text=r"spamhaus|blocked using|block ?list|blacklist|banned sending ip|\b(dns|r)bl\b"),
    FaultRule(Fault.CHANNEL, text=r"(client host|helo command|ehlo|sender address) rejected"),
    FaultRule(Fault.CHANNEL, enhanced=r"5\.7\.(25|60[6-9]|6[1-4]\d)"),
    # Our sender. These two codes of 5.1 are not about the reader.
    FaultRule(Fault.CHANNEL, enhanced=r"5\.1\.[78]"),
    # A server that takes mail for its own domains only refuses one recipient, and takes the next.
    FaultRule(Fault.MESSAGE, text=r"relay", enhanced=r"|5\.7\.\d+", phases=RCPT),
    # A server that requires a login says so for every recipient.
    FaultRule(Fault.CHANNEL, text=r"authenticat|log ?in", enhanced=r"|5\.7\.\d+", phases=RCPT),
    # The reader's address: unknown, moved, or disabled. Exchange says 5.4.1 for unknown.
    FaultRule(Fault.READER, enhanced=r"5\.(1\.\d+|2\.[01]|4\.[14])", phases=RCPT),
    FaultRule(Fault.READER, enhanced="", codes=frozenset({550, 551, 553}), phases=RCPT),
    # A gateway that asks the mailbox's server only when it has the message. The envelope holds one recipient, so a code
    # about the recipient's address is about this one. 5.1.0 does not say whose address is meant.
    FaultRule(Fault.READER, enhanced=r"5\.1\.([1-46]|10)", phases=frozenset({"data"})),
    # A refusal of MAIL concerns our sender, except for the message's size.
    FaultRule(Fault.MESSAGE, enhanced=r"5\.3\.4"),
    FaultRule(Fault.MESSAGE, codes=frozenset({552})),
    FaultRule(Fault.CHANNEL, phases=frozenset({"mail"})),
)
"""The first matching rule counts."""


def at_fault(failure: MailFailure) -> Fault:
    """For a permanent refusal (5yz)."""
    return next((rule.fault for rule in RULES if rule.fits(failure)), Fault.MESSAGE)

"""Reads a delivery status notification (RFC 3464): a server that accepted a mail could not deliver it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser, HeaderParser

from worker.adapters.smtp.failure import MailFailure
from worker.channels.email.faults import Fault, at_fault
from worker.ports.bounces import BounceReport
from worker.sanitize import clean

LONGEST = 300
UNREADABLE = (MessageError, LookupError, ValueError, AttributeError, TypeError, RecursionError)
"""The errors of the standard library's parser for unreadable mails, such as one with 3,000 nested parts."""
_PARSER = BytesParser(policy=policy.compat32)
_CODES = re.compile(r"\s*(?P<code>[245]\d\d)?[ -]*(?P<enhanced>[245]\.\d{1,3}\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Bounce:
    """`recipient`: the address that could not be reached. `status`: the enhanced code, such as 5.1.1. `diagnostic`: the
    server's text, shortened. `message_id`: that of the returned mail, without <>; empty if the report does not have it.
    """

    recipient: str
    status: str
    diagnostic: str
    message_id: str = ""


def parse_dsn(raw: bytes) -> Bounce | None:
    """The first recipient of the report with a permanent failure; None for any other mail, and for a delay.

    Anybody can write such a report. It is accepted only with the Message-ID of a mail that was sent to the recipient.
    """
    try:
        mail = _PARSER.parsebytes(raw)
        if mail.get_content_type() != "multipart/report":
            return None
        parts = list(mail.walk())
        failed = next(_failed(parts), None)
    except UNREADABLE:
        return None  # not a readable mail
    if failed is None:
        return None
    recipient = _value(failed, "Final-Recipient") or _value(failed, "Original-Recipient")
    status = re.match(r"5\.\d{1,3}\.\d{1,3}", str(failed.get("Status", "")).strip())
    if not recipient or status is None:
        return None
    return Bounce(recipient, status[0], _value(failed, "Diagnostic-Code"), _message_id(parts))


def _failed(parts: list[Message]) -> Iterator[Message]:
    """A status report has one block of fields about the server, and one for each recipient."""
    reports = (part for part in parts if part.get_content_type() == "message/delivery-status")
    for report in reports:
        blocks = report.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
                yield block


def _value(block: Message, name: str) -> str:
    """Without the type at the beginning, as in "rfc822; ann@initech.example"."""
    return clean(str(block.get(name, "")).partition(";")[2], LONGEST).strip()


def _message_id(parts: list[Message]) -> str:
    """That of the returned mail, whole or only its headers. The report's own id comes before it."""
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            part = HeaderParser().parsestr(str(part.get_payload()))  # noqa: PLW2901
        elif part.get_content_type() != "message/rfc822" or not part.is_multipart():
            continue
        else:
            part = part.get_payload(0)  # type: ignore[assignment]  # noqa: PLW2901
        return str(part.get("Message-ID", "")).strip().strip("<>")
    return ""


def fault_of(bounce: Bounce) -> Fault:
    """What is at fault, by the rules for a refusal after the message. The report does not say in which step the server
    refused, and only a code about the recipient's address means that the address is at fault.
    """
    found = _CODES.match(bounce.diagnostic)
    code = int(found["code"] or 550) if found else 550
    enhanced = found["enhanced"] if found and found["enhanced"] else bounce.status
    return at_fault(MailFailure("data", bounce.diagnostic, code=code, enhanced=enhanced))


def bounce_report(raw: bytes) -> BounceReport | None:
    """The report in a mail of the sender's mailbox; None if it does not report a failure."""
    bounce = parse_dsn(raw)
    return report_of(bounce) if bounce is not None else None


def report_of(bounce: Bounce) -> BounceReport:
    """For a status that is not a permanent failure, nothing is at fault."""
    words = bounce.diagnostic if bounce.status in bounce.diagnostic else f"{bounce.status} {bounce.diagnostic}".strip()
    identity = bounce.message_id.partition("@")[0]
    at_fault = not bounce.status.startswith(("2.", "4.")) and fault_of(bounce) is Fault.READER
    return BounceReport(identity, bounce.recipient, words, at_fault)

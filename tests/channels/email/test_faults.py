"""Whose fault a mail server's refusal is, by texts that servers send."""

import pytest

from worker.adapters.smtp.failure import MailFailure
from worker.channels.email.channel import classed
from worker.errors import DeliveryRefused

ANN = "<ann@initech.example>"
POLICY = "Email rejected per SPF policy"


def blamed(phase: str, code: int, enhanced: str, text: str) -> str | None:
    error = classed(MailFailure(phase, f"{enhanced} {text}".strip(), code=code, enhanced=enhanced))
    assert isinstance(error, DeliveryRefused)
    return error.suspend


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (550, "5.1.1", f"{ANN}: Recipient address rejected: User unknown in local recipient table"),
        (550, "5.1.1", "The email account that you tried to reach does not exist."),
        (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        (550, "5.1.0", f"{ANN}... User unknown"),
        (550, "5.1.2", "Bad destination system: no such domain"),
        (553, "5.1.3", "The recipient address is not a valid RFC 5321 address."),
        (551, "5.1.6", "The recipient has moved"),
        (550, "5.2.1", "The email account that you tried to reach is inactive."),
        (550, "5.4.1", "Recipient address rejected: Access denied. AS(201806281)"),
        (550, "", "No such user here"),
        (550, "", "<relay@initech.example>: no such user"),
        (550, "", "Unrouteable address"),
        (553, "", "sorry, that domain isn't in my list of allowed rcpthosts, no mailbox here by that name"),
        (550, "5.7.1", "you are blocked by this user"),
    ],
)
def test_an_address_that_nobody_has_is_the_readers(code: int, enhanced: str, text: str) -> None:
    assert blamed("rcpt", code, enhanced, text) == "address"


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (554, "5.7.1", "Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org"),
        (550, "5.7.1", "Service unavailable, Client host [192.0.2.7] blocked using Spamhaus. To request removal see"),
        (550, "", "192.0.2.7 is listed in the block list zen.spamhaus.org"),
        (550, "5.7.606", "Access denied, banned sending IP [192.0.2.7]."),
        (554, "5.7.1", "<unknown[192.0.2.7]>: Client host rejected: Access denied"),
        (550, "5.7.25", "Client host rejected: cannot find your hostname, [192.0.2.7]"),
        (504, "5.5.2", "<localhost>: Helo command rejected: need fully-qualified hostname"),
        (550, "5.7.1", "<worker-1>: Helo command rejected: Host not found"),
        (530, "5.7.0", "Must issue a STARTTLS command first"),
        (550, "5.7.57", "Client not authenticated to send mail."),
        (550, "5.1.8", "<reports@acme.example>: Sender address rejected: Domain not found"),
        (550, "5.1.0", "<reports@acme.example>: Sender address rejected: User unknown in local recipient table"),
        (553, "5.7.1", "<reports@acme.example>: Sender address rejected: not owned by user bot"),
        (550, "5.1.7", "Bad sender's mailbox address syntax"),
    ],
)
def test_a_host_or_sender_that_a_server_does_not_take_is_the_channels(code: int, enhanced: str, text: str) -> None:
    assert blamed("rcpt", code, enhanced, text) == "channel"


@pytest.mark.parametrize("phase", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (550, "5.7.23", f"{ANN}: Recipient address rejected: Message rejected due to: SPF fail - not authorized"),
        (550, "5.7.26", "Unauthenticated email from acme.example is not accepted due to domain's DMARC policy."),
        (550, "5.7.515", "Access denied, sending domain ACME.EXAMPLE does not meet the required authentication level."),
        (550, "5.7.1", POLICY),
        (554, "5.7.1", f"{ANN}: Recipient address rejected: Access denied"),
        (550, "5.7.1", "Our system has detected that this message is likely unsolicited mail."),
        (550, "5.7.509", "Access denied, sending domain does not pass DMARC verification"),
        (550, "", "SPF check failed: 192.0.2.7 may not send for acme.example"),
        (554, "5.6.0", "Message content rejected"),
        (552, "5.3.4", "Message size exceeds fixed limit"),
        (550, "5.2.3", "Message too large for this mailbox"),
        (554, "5.4.6", "Routing loop detected"),
    ],
)
def test_a_policy_on_our_domain_or_on_the_content_is_the_messages(
    phase: str, code: int, enhanced: str, text: str
) -> None:
    assert blamed(phase, code, enhanced, text) is None


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (554, "5.7.1", f"{ANN}: Relay access denied"),
        (550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain"),
        (550, "5.7.64", "TenantAttribution; Relay Access Denied"),
        (550, "", "relay not permitted"),
    ],
)
def test_a_server_that_does_not_take_one_domain_stops_neither_the_reader_nor_the_others(
    code: int, enhanced: str, text: str
) -> None:
    assert blamed("rcpt", code, enhanced, text) is None


def test_a_host_that_is_blocked_is_the_channels_in_every_step() -> None:
    text = "Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org"
    assert {blamed(phase, 554, "5.7.1", text) for phase in ("mail", "rcpt", "data")} == {"channel"}


@pytest.mark.parametrize("enhanced", [f"5.7.{detail}" for detail in (0, 1, 5, 13, 20, 27, 133, 350, 511, 705)])
def test_no_policy_of_any_number_stops_a_reader(enhanced: str) -> None:
    assert blamed("rcpt", 550, enhanced, "Rejected for policy reasons") != "address"


@pytest.mark.parametrize(
    ("code", "enhanced", "text"),
    [
        (550, "5.1.1", f"{ANN}: user unknown"),
        (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound"),
        (550, "5.1.2", "Bad destination system"),
        (553, "5.1.3", "not a valid address"),
        (551, "5.1.6", "The recipient has moved"),
    ],
)
def test_an_address_that_is_refused_after_the_message_is_the_readers(code: int, enhanced: str, text: str) -> None:
    """A gateway that asks the mailbox's server only when it has the whole message; one recipient is in the envelope."""
    assert blamed("data", code, enhanced, text) == "address"


@pytest.mark.parametrize(
    ("enhanced", "text", "suspend"),
    [
        ("5.1.0", "Other address status", None),
        ("", "No such user here", None),
        ("5.1.7", "Bad sender's mailbox address syntax", "channel"),
        ("5.1.8", "Bad sender's system address", "channel"),
    ],
)
def test_after_the_message_only_a_code_of_the_recipients_address_blames_it(
    enhanced: str, text: str, suspend: str | None
) -> None:
    assert blamed("data", 550, enhanced, text) == suspend

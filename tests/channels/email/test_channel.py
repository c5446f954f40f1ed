from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from tests.golden.digests import NORMAL
from tests.support.contents import templates
from tests.support.smtp_server import BREAK, mail_room
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.mime import MailContent
from worker.channels.email.channel import EMAIL, SIZE_LIMIT, EmailChannel, classed, open_email
from worker.domain.delivery import READER, Attachment, DeliveryKey, Envelope, Receipt, RefusedCopy
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryDeferred, DeliveryRefused, DeliveryUncertain, RenderError, RequestError
from worker.ports.channels import Findable, Idempotent, RenderRequest

RENDERED = MailContent(subject="€1 open", text=f"Sent to {READER}.\n", html=f"<p>Sent to {READER}.</p>")
KEY = DeliveryKey(RunKey.parse("eu/weekly@2026-11-16T08:00:00Z"), "team|sales@acme.example")
ENVELOPE = Envelope(KEY, "sales@acme.example", datetime(2026, 11, 16, 8, tzinfo=UTC))


def channel(port: int) -> EmailChannel:
    return open_email({"url": f"smtp://127.0.0.1:{port}?tls=never", "from": "Pipeline <reports@acme.example>"})


async def hand_over(mail: EmailChannel) -> Receipt:
    (part,) = mail.build(RENDERED, ENVELOPE)
    return await mail.send(part, mail.seal(part, ()), ENVELOPE)


async def test_what_is_built_is_what_arrives_and_the_queue_id_is_the_receipt() -> None:
    async with mail_room() as room:
        mail = channel(room.port)
        receipt = await hand_over(mail)
        await mail.aclose()
    ((sender, recipient, body),) = room.accepted
    (part,) = mail.build(RENDERED, ENVELOPE)
    assert (sender, recipient) == ("reports@acme.example", "sales@acme.example")
    assert body == part.draft == mail.seal(part, ())
    assert receipt.text == "2.0.0 queued as 4F1A7"


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "acme.example"), ({"hello": "relay-7.acme.example"}, "relay-7.acme.example"), ({"hello": "[::1]"}, "[::1]")],
)
async def test_a_host_calls_itself_by_its_senders_domain_or_by_the_name_it_is_given(
    given: dict[str, str], said: str
) -> None:
    """A container's own name is none that a server could look up, and some refuse it."""
    async with mail_room() as room:
        mail = open_email({"url": f"smtp://127.0.0.1:{room.port}?tls=never", "from": "P <r@acme.example>", **given})
        await hand_over(mail)
        await mail.aclose()
    assert room.hello == [said]


@pytest.mark.parametrize("given", ["", "two words", "x\r\nMAIL FROM:<a@b>", "-a.example", "[nowhere]", "a..example"])
def test_a_name_that_no_host_has_is_complained_of(given: str) -> None:
    (fault,) = EMAIL.faults({"url": "smtp://smtp.acme.example", "from": "P <a@b.example>", "hello": given})
    assert fault.path == ("hello",)


def test_a_part_is_named_by_slugs_alone() -> None:
    (part,) = channel(25).build(RENDERED, ENVELOPE)
    assert part.name == f"eu-weekly-{KEY.digest[:8]}.eml"


def test_the_list_id_comes_from_schedule_and_sender() -> None:
    (part,) = channel(25).build(RENDERED, ENVELOPE)
    assert message_from_bytes(part.draft, policy=policy.default)["List-Id"] == "<weekly.eu.funnelbeat.acme.example>"


@pytest.mark.parametrize(
    ("step", "reply", "suspend"),
    [
        ("rcpt", "550 5.1.1 no such user", "address"),
        ("rcpt", "550 no such user", "address"),
        ("rcpt", "551 5.1.6 moved", "address"),
        ("rcpt", "553 5.1.3 bad mailbox", "address"),
        ("rcpt", "550 5.2.1 mailbox disabled", "address"),
        ("rcpt", "550 5.7.1 you are blocked by this user", "address"),
        ("rcpt", "554 5.7.1 Relay access denied", None),
        ("rcpt", "530 5.7.0 must issue STARTTLS first", "channel"),
        ("mail", "553 5.7.1 sender not owned by user", "channel"),
        ("mail", "503 5.5.1 bad sequence", "channel"),
        ("mail", "552 5.3.4 message too big", None),
        ("data", "554 5.6.0 malformed", None),
        ("data", "550 5.7.26 unauthenticated mail", None),
        ("data", "552 5.3.4 message too big", None),
        ("data", "550 5.1.1 no such user", "address"),
    ],
)
async def test_a_permanent_refusal_says_what_to_stop_using(step: str, reply: str, suspend: str | None) -> None:
    async with mail_room() as room:
        room.replies[step] = [reply]
        mail = channel(room.port)
        with pytest.raises(DeliveryRefused) as caught:
            await hand_over(mail)
        await mail.aclose()
    assert caught.value.suspend == suspend
    assert caught.value.code.startswith(reply[:3])
    assert room.accepted == []


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("mail", "421 4.3.2 going down"),
        ("mail", "451 4.3.0 try again"),
        ("rcpt", "450 4.2.0 greylisted"),
        ("rcpt", "452 4.2.2 mailbox full"),
        ("rcpt", "552 5.2.2 mailbox full"),
        ("rcpt", "552 too much mail"),
        ("rcpt", BREAK),
        ("data", "451 4.7.1 later"),
        ("data", "421 4.7.0 too many"),
    ],
)
async def test_a_transient_refusal_is_tried_again(step: str, reply: str) -> None:
    async with mail_room() as room:
        room.replies[step] = [reply]
        mail = channel(room.port)
        with pytest.raises(DeliveryDeferred):
            await hand_over(mail)
        assert (await hand_over(mail)).text
        await mail.aclose()
    assert len(room.accepted) == 1


async def test_a_connection_lost_after_the_message_is_uncertain() -> None:
    async with mail_room() as room:
        room.replies["data"] = [BREAK]
        mail = channel(room.port)
        with pytest.raises(DeliveryUncertain):
            await hand_over(mail)
        await mail.aclose()
    assert len(room.accepted) == 1


def beyond_ascii(port: int) -> EmailChannel:
    return open_email({"url": f"smtp://127.0.0.1:{port}?tls=never", "from": "Ventes <été@acme.example>"})


async def test_a_sender_beyond_ascii_goes_to_a_server_that_takes_it() -> None:
    async with mail_room() as room:
        mail = beyond_ascii(room.port)
        assert (await hand_over(mail)).text
        await mail.aclose()
    assert [sender for sender, _, _ in room.accepted] == ["été@acme.example"]


async def test_a_server_that_takes_no_such_sender_refuses_the_channel_before_the_first_byte() -> None:
    async with mail_room(smtputf8=False) as room:
        mail = beyond_ascii(room.port)
        with pytest.raises(DeliveryRefused, match="no SMTPUTF8") as caught:
            await hand_over(mail)
        await mail.aclose()
    assert (caught.value.suspend, room.begun) == ("channel", 0)


async def test_no_server_is_a_reason_to_wait() -> None:
    async with mail_room() as room:
        port = room.port
    with pytest.raises(DeliveryDeferred):
        await hand_over(channel(port))


@pytest.mark.parametrize("code", [454, 421])
def test_a_login_that_is_refused_for_now_is_no_reason_to_stop(code: int) -> None:
    assert isinstance(classed(MailFailure("auth", "later", code=code)), DeliveryDeferred)


@pytest.mark.parametrize("phase", ["tls", "auth", "connect"])
def test_a_login_or_tls_that_is_refused_for_good_stops_the_channel(phase: str) -> None:
    error = classed(MailFailure(phase, "no", code=535))
    assert isinstance(error, DeliveryRefused)
    assert error.suspend == "channel"


def test_nobody_can_be_asked_what_became_of_a_mail_and_a_second_copy_is_a_duplicate() -> None:
    assert not isinstance(channel(25), Findable | Idempotent)


def test_a_message_past_the_limit_is_refused_before_anybody_is_bothered() -> None:
    large = replace(RENDERED, attachments=(Attachment("a.csv", "text/csv", b"x" * SIZE_LIMIT),))
    with pytest.raises(RenderError, match="past the limit"):
        channel(25).build(large, ENVELOPE)


@pytest.mark.parametrize(
    ("given", "kept"),
    [(" Sales@ACME.example ", "Sales@acme.example"), ("a@bücher.example", "a@xn--bcher-kva.example")],
)
def test_an_address_is_normalised(given: str, kept: str) -> None:
    assert EMAIL.address(given) == kept
    assert EMAIL.address(kept) == kept


@pytest.mark.parametrize(
    "given", ["", "sales", "a@b@c", "a b@acme.example", "a@acme.example, b@acme.example", "x\r\nBcc: y@z", "<a@b>"]
)
def test_what_is_no_single_address_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="expected one like"):
        EMAIL.address(given)


def test_options_that_cannot_work_are_named() -> None:
    faults = EMAIL.faults({"url": "smtp://smtp.acme.example?tls=never", "from": "nobody"})
    assert [fault.path for fault in faults] == [("url",), ("from",)]
    assert EMAIL.faults({"url": "smtp://smtp.acme.example", "from": "P <a@b.example>"}) == ()
    with pytest.raises(RequestError, match="from"):
        open_email({"url": "smtp://smtp.acme.example"})


ENTRY = Subscription("team", "mail", None, "pipeline", "en_GB", "UTC")
COPIED = replace(ENVELOPE, cc=("boss@acme.example", "chief@acme.example"))


@pytest.mark.parametrize(
    ("reply", "words", "dead"),
    [
        ("550 5.1.1 no such user", "550 5.1.1 rcpt: no such user", True),
        ("450 4.2.0 greylisted", "450 4.2.0 rcpt: greylisted", False),
        ("550 5.7.1 relaying denied", "550 5.7.1 rcpt: relaying denied", False),
        ("530 5.7.0 log in first", "530 5.7.0 rcpt: log in first", False),
    ],
)
async def test_a_receipt_names_each_copy_that_was_refused(reply: str, words: str, dead: bool) -> None:  # a table
    """What is wrong with one address of several blames no channel: the server took the message for its reader."""
    async with mail_room() as room:
        room.replies["rcpt"] = ["250 OK", reply]
        mail = channel(room.port)
        (part,) = mail.build(RENDERED, COPIED)
        receipt = await mail.send(part, mail.seal(part, ()), COPIED)
        await mail.aclose()
    assert receipt == Receipt("2.0.0 queued as 4F1A7", (RefusedCopy("boss@acme.example", words, dead),))
    assert room.recipients == [["sales@acme.example", "chief@acme.example"]]
    assert message_from_bytes(room.accepted[0][2])["Cc"] == "boss@acme.example,\r\n chief@acme.example"


@pytest.mark.parametrize(
    ("of_entry", "of_channel", "header"),
    [
        ((), {}, None),
        ((), {"reply_to": "Sales <sales@acme.example>"}, "Sales <sales@acme.example>"),
        (
            ("a@acme.example", "B <b@acme.example>"),
            {"reply_to": "c@acme.example"},
            "a@acme.example, B <b@acme.example>",
        ),
    ],
)
def test_answers_go_where_the_entry_says_else_where_the_channel_does(
    of_entry: tuple[str, ...], of_channel: dict[str, str], header: str | None
) -> None:
    mail = open_email({"url": "smtp://127.0.0.1:25?tls=never", "from": "P <r@acme.example>", **of_channel})
    entry = replace(ENTRY, reply_to=of_entry)
    (part,) = mail.build(mail.content(RenderRequest(NORMAL, entry), templates(None)), ENVELOPE)
    assert message_from_bytes(part.draft, policy=policy.default)["Reply-To"] == header


@pytest.mark.parametrize("text", ["", "Sales", "a@acme.example, b@acme.example", "Sales @ Acme <a@b@c>"])
def test_answers_that_can_go_nowhere_are_complained_of(text: str) -> None:
    (fault,) = EMAIL.faults({"url": "smtp://smtp.acme.example", "from": "P <a@b.example>", "reply_to": text})
    assert (fault.path, fault.expected) == (
        ("reply_to",),
        "write an address like Sales <sales@acme.example>",
    )


@pytest.mark.parametrize("option", ["reply_to", "from"])
def test_a_name_with_a_comma_is_told_to_stand_in_quotes(option: str) -> None:
    written = {"url": "smtp://smtp.acme.example", "from": "P <a@b.example>", option: "Lee, Mara <m@acme.example>"}
    (fault,) = EMAIL.faults(written)
    assert (fault.path, fault.found) == ((option,), f"`{option}` with 'Lee, Mara <m@acme.example>'")
    assert fault.expected == """write '"Lee, Mara" <m@acme.example>': a name with a comma stands in double quotes"""
    assert EMAIL.faults({**written, option: '"Lee, Mara" <m@acme.example>'}) == ()

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.smtp.addresses import ascii_address
from worker.adapters.smtp.mime import MailContent, list_id, message, quoted, subject_lines
from worker.domain.delivery import READER, Attachment, DeliveryKey, Envelope
from worker.domain.run import RunKey

SENDER = "Pipeline <reports@acme.example>"
KEY = DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "team|sales@acme.example")
DATE = datetime(2026, 11, 16, 8, tzinfo=UTC)
CSV = Attachment("all deals.csv", "text/csv; charset=utf-8", b"name,value\nM\xc3\xbcller,1\r\n")


def envelope(address: str = "sales@acme.example") -> Envelope:
    return Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), f"team|{address}"), address, DATE)


def rendered(**parts: object) -> MailContent:
    given = {"subject": "Hello", "text": f"To {READER}.\n", "html": f"<p>To {READER}.</p>\n", **parts}
    return MailContent(**given)  # type: ignore[arg-type]  # each test gives the parts it is about


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def built(parts: MailContent, to: str = "sales@acme.example") -> EmailMessage:
    return parsed(message(parts, envelope(to), SENDER, "weekly.funnelbeat.acme.example"))


def content(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_mail_without_files_is_an_alternative_and_no_deeper() -> None:
    mail = built(rendered())
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not mail.defects


def test_a_mail_with_files_wraps_the_alternative_and_keeps_their_bytes() -> None:
    mail = built(rendered(attachments=(CSV,)))
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/csv",
    ]
    (attached,) = mail.iter_attachments()
    assert attached.get_payload(decode=True) == CSV.body
    assert attached.get_filename() == "all-deals.csv"


def test_every_header_that_a_machines_mail_needs_is_there() -> None:
    mail = built(rendered())
    digest = envelope().key.digest
    assert mail["Message-ID"] == f"<{digest}@acme.example>"
    assert mail["Date"].datetime == DATE
    assert mail["From"].addresses[0].display_name == "Pipeline"
    assert mail["To"] == "sales@acme.example"
    assert mail["List-Id"] == "<weekly.funnelbeat.acme.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Bcc"] is None
    assert digest in str(mail.get_boundary())


def test_a_long_list_id_stays_what_it_is() -> None:
    name = list_id("/".join(f"team-{n}" for n in range(12)), "acme.example")
    raw = message(rendered(), envelope(), SENDER, name)
    assert f"List-Id: <{name}>\r\n".encode() in raw


def test_the_same_inputs_give_the_same_bytes_and_readers_differ_only_where_they_must() -> None:
    one, two = "ann@acme.example", "bo@acme.example"
    first = message(rendered(), envelope(one), SENDER, "x.example")
    assert first == message(rendered(), envelope(one), SENDER, "x.example")
    other = message(rendered(), envelope(two), SENDER, "x.example")
    replaced = first.replace(one.encode(), two.encode())
    assert replaced.replace(envelope(one).key.digest.encode(), envelope(two).key.digest.encode()) == other


@given(st.emails(), st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=60)
def test_the_address_stands_where_the_token_stood_for_any_text_around_it(address: str, before: str, after: str) -> None:
    kept = ascii_address(address)
    raw = message(rendered(text=f"{before}{READER}{after}"), envelope(kept), SENDER, "x.example")
    lines = "\n".join(f"{before}{kept}{after}".encode("utf-8", "replace").decode().replace("\r\n", "\n").split("\r"))
    body = parsed(raw).get_body(("plain",))
    assert body is not None
    payload = body.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == lines


@given(st.text(max_size=400))
@settings(max_examples=100)
def test_quoted_printable_lines_are_short_whatever_the_text(text: str) -> None:
    lines = quoted(text).split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert len(lines[-1]) < 76
    assert b"\n" not in b"".join(lines)


@given(st.text(max_size=300))
@settings(max_examples=100)
def test_no_subject_can_begin_another_header(text: str) -> None:
    raw = message(rendered(subject=text), envelope(), SENDER, "x.example")
    head = raw.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        b"Date", b"From", b"To", b"Subject", b"Message-ID", b"List-Id", b"Auto-Submitted",
        b"X-Auto-Response-Suppress", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=150))
@settings(max_examples=100)
def test_a_subject_is_read_as_it_was_meant_in_short_encoded_words(text: str) -> None:
    lines = subject_lines(text)
    for word in lines.replace(b"Subject: ", b"").replace(b"\r\n", b" ").split():
        assert len(word) <= 75 or not word.startswith(b"=?")
    meant = " ".join("".join(c for c in text if not c.isspace() or c == " ").split()) or "-"
    got = str(parsed(lines + b"\r\n\r\n")["Subject"])
    assert "".join(got.split()) == "".join(meant.split()) or not text.isprintable()


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_an_address_is_one_harmless_mailbox_or_refused(text: str) -> None:
    try:
        address = ascii_address(text)
    except ValueError:
        return
    assert address.count("@") == 1
    assert not set(address) & set('\r\n <>,;:"()[]\\')
    assert address.rpartition("@")[2].isascii()


def test_a_domain_beyond_ascii_travels_in_idna_and_a_local_part_as_it_is() -> None:
    assert ascii_address("jörg@bücher.example") == "jörg@xn--bcher-kva.example"
    raw = message(rendered(), envelope("jörg@acme.example"), SENDER, "x.example")
    assert "To: jörg@acme.example\r\n".encode() in raw


@pytest.mark.parametrize("bad", ["a@b\r\nBcc: c@d", "a b@c", "", "a@", "@b", "x" * 250 + "@b.example"])
def test_what_could_break_a_header_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="found the address"):
        message(rendered(), envelope(bad), SENDER, "x.example")


def test_a_senders_name_may_hold_anything_but_a_line_break() -> None:
    raw = message(rendered(), envelope(), '"Vertrieb, Größe\r\nBcc: x@y.example" <reports@acme.example>', "x.example")
    mail = parsed(raw)
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "reports@acme.example"


def test_a_files_name_and_type_cannot_leave_their_header() -> None:
    wild = Attachment('a"\r\nX-Evil: 1/../ü.csv', "text/csv\r\nX-Evil: 1", b"\x00\xff")
    mail = built(rendered(attachments=(wild,)))
    (attached,) = mail.iter_attachments()
    assert attached["X-Evil"] is None
    assert attached.get_payload(decode=True) == wild.body
    assert attached.get_content_type() == "application/octet-stream"


def test_markup_in_an_address_stays_text() -> None:
    mail = built(rendered(), "o'neil&co@acme.example")
    assert "o&#x27;neil&amp;co@acme.example" in content(mail, "html")
    assert "o'neil&co@acme.example" in content(mail, "plain")

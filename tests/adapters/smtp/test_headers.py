"""Any sender, subject and address that is accepted gives legal header lines, which say the same when they are read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr

import fast_mail_parser
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.adapters.smtp.test_mime import CSV, envelope, rendered
from worker.adapters.smtp.addresses import ascii_address, mailbox
from worker.adapters.smtp.mime import message
from worker.sanitize import clean

WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=80)
PIECES = st.sampled_from(
    [
        "Größe",
        "=?utf-8?q?x?=",
        "a, b",
        'say "x"',
        "\\",
        "(c)",
        "@",
        ":",
        ";",
        "<",
        ">",
        "営業",
        "שלום",
        "🫨",
        "\r\n",
        "e\u0301",
    ]
)
NAMES = st.lists(st.one_of(WORDS, PIECES), max_size=6).map(" ".join)
LOCALS = st.from_regex(r"[a-zA-Z0-9éü!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9ß]{1,8})?", fullmatch=True)
DOMAINS = st.sampled_from(
    ["acme.example", "faß.de", "bücher.example", "a.b.c.d.example", "例え.example", "x" * 60 + ".example"]
)
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)


def quoted_name(name: str, address: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def accepted(read: object, written: str) -> bool:
    try:
        read(written)  # type: ignore[operator]  # one of the two readers of addresses
    except ValueError:
        return False
    return True


@given(NAMES, ADDRESSES, ADDRESSES, NAMES)
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_is_read_as_it_was_written(name: str, origin: str, to: str, subject: str) -> None:
    sender = quoted_name(name, origin)
    assume(accepted(mailbox, sender) and accepted(ascii_address, to))
    raw = message(rendered(subject=subject), envelope(to), sender, "weekly.acme.example")
    head = raw.partition(b"\r\n\r\n")[0]
    for line in head.split(b"\r\n"):
        assert 0 < len(line) <= 998
        assert line.strip()
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
        assert line.isascii() or not (ascii_address(to).isascii() and mailbox(sender)[1].isascii())
        assert all(len(word) <= 75 for word in re.findall(rb"=\?\S*", line) if b"?=" in word)
    meant = (clean(mailbox(sender)[0], 60), mailbox(sender)[1]), ascii_address(to), clean(subject, 200) or "-"
    assert read_by_the_standard_library(raw) == meant
    assert read_by_another(raw) == meant


def read_by_the_standard_library(raw: bytes) -> tuple[tuple[str, str], str, str]:
    """Names by decode_header: in 3.11 the newer parser keeps the blank between two encoded words of a name."""
    mail = message_from_string(raw.decode(), policy=policy.compat32)
    name, address = parseaddr(mail["From"])
    return (decoded(name), address), parseaddr(mail["To"])[1], decoded(mail["Subject"])


def decoded(header: str) -> str:
    return str(make_header(decode_header(header.replace("\n", ""))))


def read_by_another(raw: bytes) -> tuple[tuple[str, str], str, str]:
    mail = fast_mail_parser.parse_email(raw)
    (reader,) = mail.to
    assert mail.from_ is not None
    return (mail.from_.display_name or "", mail.from_.address), reader.address, mail.subject


BODIES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="\n-="), max_size=300)


@pytest.mark.parametrize("files", [(), (CSV,), (CSV, CSV)])
@given(BODIES, NAMES)
@settings(max_examples=60, deadline=None)
def test_two_readers_of_different_origin_see_the_same_tree(files: tuple[object, ...], body: str, subject: str) -> None:
    """One is the standard library's, the other written in Rust, and the third compares beginnings of lines."""
    raw = message(
        rendered(text=body, attachments=files, subject=subject), envelope(), "R <r@acme.example>", "x.example"
    )
    ours = message_from_string(raw.decode(), policy=policy.default)
    other = fast_mail_parser.parse_email_tree(raw)
    types = [part.get_content_type() for part in ours.walk()]
    assert [part.content_type for part in fast_mail_parser.walk(other)] == types
    assert [kind for kind, _ in leaves(raw)] == [kind for kind in types if not kind.startswith("multipart/")]
    flat = fast_mail_parser.parse_email(raw)
    assert [found.content for found in flat.attachments] == [CSV.body for _ in files]
    assert [text.replace("\r\n", "\n").rstrip("\n") for text in flat.text_plain] == [body.rstrip("\n")]


def leaves(entity: bytes) -> list[tuple[str, bytes]]:
    """By RFC 2046, 5.1.1 to the letter: a line that begins with a boundary is that boundary, whatever follows."""
    head, _, body = entity.partition(b"\r\n\r\n")
    unfolded = head.replace(b"\r\n ", b" ").decode()
    found = re.search(r"Content-Type: ([\w/.+-]+)(?:;\s*boundary=\"([^\"]+)\")?", unfolded)
    assert found is not None
    if not found[2]:
        return [(found[1], body)]
    mark, parts, kept = f"--{found[2]}".encode(), list[list[bytes]](), False
    for line in body.split(b"\r\n"):
        if line.startswith(mark):
            kept = not line.startswith(mark + b"--")
            if kept:
                parts.append([])
        elif kept:
            parts[-1].append(line)
    return [leaf for part in parts for leaf in leaves(b"\r\n".join(part))]


def test_a_file_of_comma_separated_values_says_its_charset() -> None:
    bare = type(CSV)("a.csv", "text/csv", CSV.body)
    raw = message(rendered(attachments=(bare,)), envelope(), "R <r@acme.example>", "x.example")
    assert b"Content-Type: text/csv; charset=utf-8\r\n" in raw


@given(st.lists(ADDRESSES, max_size=20, unique=True), st.lists(st.tuples(NAMES, ADDRESSES), max_size=5))
@settings(max_examples=150, deadline=None)
def test_copies_and_where_answers_go_are_read_as_they_were_written(
    copies: list[str], answers: list[tuple[str, str]]
) -> None:
    written = [quoted_name(*one) for one in answers]
    assume(all(accepted(ascii_address, one) for one in copies) and all(accepted(mailbox, one) for one in written))
    raw = message(
        rendered(reply_to=tuple(written)), replace(envelope(), cc=tuple(copies)), "R <r@acme.example>", "x.example"
    )
    assert all(0 < len(line) <= 998 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))
    mail = message_from_string(raw.decode(), policy=policy.compat32)
    assert [address for _, address in getaddresses(mail.get_all("Cc", []))] == [ascii_address(one) for one in copies]
    read = [(decoded(name), address) for name, address in getaddresses(mail.get_all("Reply-To", []))]
    assert read == [(clean(mailbox(one)[0], 60), mailbox(one)[1]) for one in written]
    assert "Cc" in mail or not copies


def test_one_instant_is_written_in_the_zone_in_which_it_is_given() -> None:
    """The lines of a date are kept, and equal instants of two zones are equal keys."""
    here = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    written = [
        re.search(
            rb"Date: .*", message(rendered(), replace(envelope(), date=at), "a@acme.example", "list.acme.example")
        )
        for at in (here, here.astimezone(timezone(timedelta(hours=5))))
    ]
    assert [found[0].strip() for found in written if found] == [
        b"Date: Mon, 30 Nov 2026 12:00:00 +0000",
        b"Date: Mon, 30 Nov 2026 17:00:00 +0500",
    ]

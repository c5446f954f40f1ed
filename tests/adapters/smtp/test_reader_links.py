"""Headers and links that are one reader's own: List-Unsubscribe (RFC 8058), and the conversation of a series."""

from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import fast_mail_parser
import pytest

from tests.adapters.smtp.test_mime import SENDER, content, envelope, parsed, rendered
from worker.adapters.smtp.mime import message
from worker.domain.delivery import READER_LINK, Envelope, ReaderLinks
from worker.domain.run import RunKey

BASE = "https://beat.acme.example"
TOKEN = "d841c914." + "WyJ1IiwiZXUvd2Vla2x5IiwidGVhbSIsImFkYUBhY21lLmV4YW1wbGUiLG51bGxd" * 4 + ".sig"
LINKS = ReaderLinks(f"{BASE}/u/{TOKEN}", f"{BASE}/p/{TOKEN}", "d841c914", TOKEN)
STOP = "stop+digests@acme.example"
LINKED = replace(envelope(), links=LINKS)
BODY = rendered(text=f"Stop: {READER_LINK}\n", html=f'<p><a href="{READER_LINK}">Stop</a></p>\n')


def raw(made: Envelope, **parts: object) -> bytes:
    return message(rendered(**parts), made, SENDER, "weekly.funnelbeat.acme.example")


def test_a_long_link_stands_in_one_unfolded_line_as_it_is() -> None:
    """The standard library's generator would make an encoded word of it, which no receiver follows."""
    made = raw(LINKED)
    assert f"\r\nList-Unsubscribe: <{LINKS.unsubscribe}>\r\n".encode() in made
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in made
    assert parsed(made)["List-Unsubscribe"] == f"<{LINKS.unsubscribe}>"
    assert fast_mail_parser.parse_email(made).headers["List-Unsubscribe"] == [f"<{LINKS.unsubscribe}>"]


def with_mailbox(made: Envelope) -> bytes:
    return message(rendered(), made, SENDER, "weekly.funnelbeat.acme.example", STOP)


def test_a_mail_address_stands_behind_the_link_on_a_line_of_its_own() -> None:
    """RFC 8058: one https link, which stays first and is the one for one click. RFC 2369: mailto may follow."""
    made = with_mailbox(LINKED)
    ways = f"<{LINKS.unsubscribe}>,", f"<mailto:stop%2Bdigests@acme.example?subject=unsubscribe%20{TOKEN}>"
    assert f"\r\nList-Unsubscribe: {ways[0]}\r\n {ways[1]}\r\nList-Unsubscribe-Post:".encode() in made
    assert parsed(made)["List-Unsubscribe"] == " ".join(ways)
    assert fast_mail_parser.parse_email(made).headers["List-Unsubscribe"] == [" ".join(ways)]
    parts = urlsplit(ways[1].strip("<>"))
    assert (unquote(parts.path), parse_qs(parts.query)) == (STOP, {"subject": [f"unsubscribe {TOKEN}"]})


def test_a_mail_address_stands_nowhere_without_a_link_or_past_the_length_of_a_line() -> None:
    assert b"mailto:" not in with_mailbox(envelope())
    assert b"mailto:" not in with_mailbox(replace(LINKED, links=replace(LINKS, token="x" * 990)))
    exact = replace(LINKS, unsubscribe=f"{BASE}/u/".ljust(998 - len("List-Unsubscribe: <>"), "x"))
    made = with_mailbox(replace(LINKED, links=exact))
    assert (b"mailto:" in made, f"<{exact.unsubscribe}>\r\n".encode() in made) == (False, True)
    one_less = replace(exact, unsubscribe=exact.unsubscribe[:-1])
    made = with_mailbox(replace(LINKED, links=one_less))
    assert (b"mailto:" in made, max(map(len, made.split(b"\r\n")))) == (True, 998)


@pytest.mark.parametrize(
    "links",
    [
        None,
        replace(LINKS, unsubscribe=f"http://127.0.0.1:8080/u/{TOKEN}"),
        replace(LINKS, unsubscribe=f"{BASE}/u/{'x' * 1000}"),
    ],
    ids=["no links", "not encrypted", "longer than a line may be"],
)
def test_there_is_no_header_that_nobody_could_use(links: ReaderLinks | None) -> None:
    made = raw(replace(LINKED, links=links))
    assert b"List-Unsubscribe" not in made
    assert max(map(len, made.split(b"\r\n"))) <= 998


def test_the_link_is_put_where_its_mark_stands() -> None:
    mail = parsed(message(BODY, LINKED, SENDER, "weekly.funnelbeat.acme.example"))
    assert content(mail, "plain").rstrip() == f"Stop: {LINKS.preferences}"
    assert content(mail, "html").rstrip() == f"""<p><a href="{LINKS.preferences}">Stop</a></p>"""
    assert READER_LINK.encode() not in message(BODY, envelope(), SENDER, "weekly")


def test_the_mails_of_a_series_answer_the_same_message_and_those_of_others_another() -> None:
    first = parsed(raw(envelope(), series=True))
    later = replace(envelope(), key=replace(envelope().key, run=RunKey.parse("weekly@2026-11-23T08:00:00Z")))
    second, stranger = parsed(raw(later, series=True)), parsed(raw(envelope("ben@acme.example"), series=True))
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert first["References"] != stranger["References"]
    assert first["Message-ID"] not in {second["Message-ID"], first["References"]}
    assert first["References"].endswith("@acme.example>")
    assert "References" not in parsed(raw(envelope()))

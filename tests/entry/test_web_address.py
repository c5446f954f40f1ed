"""Where `up` lets the pages behind links listen, and what it says of them."""

import socket
from pathlib import Path

import pytest

from worker.domain.schedule import Bundle, ChannelSpec, Defaults
from worker.entry.web_address import address_of, web_lines, web_member, web_words
from worker.entry.web_command import Listening, where
from worker.errors import RequestError
from worker.settings import Settings

WITH_KEY = Settings(link_key="k" * 40)


def bundle(web: str) -> Bundle:
    return Bundle("acme", Defaults(), {}, {}, {}, web=web)


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://beat.acme.example", ("127.0.0.1", 8080)),
        ("http://127.0.0.1:9001", ("127.0.0.1", 9001)),
        ("http://localhost", ("localhost", 80)),
        ("https://localhost:8443", ("127.0.0.1", 8080)),
    ],
)
def test_it_is_always_loopback(base_url: str, address: tuple[str, int]) -> None:
    assert address_of(base_url) == address
    words = web_member(bundle(base_url), WITH_KEY)
    assert words == ("web", "--host", address[0], "--port", str(address[1]))
    assert f"listen on {address[0]}:{address[1]}; links lead to {base_url}" in web_words(bundle(base_url), WITH_KEY)


def test_without_pages_nothing_is_served_and_nothing_said() -> None:
    assert (web_member(bundle(""), WITH_KEY), web_words(bundle(""), WITH_KEY)) == ((), "")


def test_without_a_key_it_says_that_messages_have_no_links() -> None:
    assert web_member(bundle("https://beat.acme.example"), Settings()) == ()
    assert "FUNNELBEAT_LINK_KEY is not set" in web_words(bundle("https://beat.acme.example"), Settings())


@pytest.mark.parametrize(("web", "settings"), [("", WITH_KEY), ("https://beat.acme.example", Settings())])
def test_without_a_web_of_its_own_up_says_how_to_open_the_console(web: str, settings: Settings) -> None:
    """It said nothing, so that nobody found the console."""
    last = list(web_lines(bundle(web), settings, "funnelbeat --project acme"))[-1]
    assert last == "To open the console, in another terminal: funnelbeat --project acme web"


def test_with_a_web_of_its_own_up_says_where_it_is_and_names_no_other() -> None:
    [line] = web_lines(bundle("https://beat.acme.example"), WITH_KEY, "funnelbeat")
    assert line.startswith("The API, the console and readers' pages listen on 127.0.0.1:8080")


@pytest.mark.parametrize("web", ["", "https://beat.acme.example"])
def test_posts_of_bounces_are_taken_without_a_key_of_links(web: str) -> None:
    mail = ChannelSpec("mail", "email", {"bounces.secret": "${SECRET}"})
    posted = Bundle("acme", Defaults(), {}, {"mail": mail}, {}, web=web)
    assert web_member(posted, Settings()) == ("web", "--host", "127.0.0.1", "--port", "8080")
    assert web_words(posted, Settings()).startswith("Posts of bounces are taken on 127.0.0.1:8080")
    assert ("FUNNELBEAT_LINK_KEY is not set" in web_words(posted, Settings())) == bool(web)


def test_a_chat_needs_no_key() -> None:
    options = {"token": "${TOKEN}", "answers.signing_secret": "${SECRET}"}
    asked = Bundle("acme", Defaults(), {}, {"room": ChannelSpec("room", "any", options)}, {})
    assert web_member(asked, Settings()) == ("web", "--host", "127.0.0.1", "--port", "8080")
    assert web_words(asked, Settings()) == "Posts of chats are taken on 127.0.0.1:8080"


@pytest.mark.parametrize(
    ("parts", "at", "said"),
    [
        (("api", "console"), Listening("127.0.0.1", 8080, None, None, False), "http://127.0.0.1:8080/console/"),
        (("console",), Listening("::1", 8443, Path("c.pem"), Path("k.pem"), False), "https://[::1]:8443/console/"),
    ],
)
def test_web_says_where_the_console_is_and_how_to_sign_in(parts: tuple[str, ...], at: Listening, said: str) -> None:
    """It said nothing, so that one had to find its port in the help."""
    first, console, token = where(parts, at)
    assert first == f"Listening on {said.removesuffix('/console/')}. Ctrl-C stops."
    assert console == f"  The console: {said}"
    assert token.endswith("`funnelbeat tokens add NAME --scope read`")
    assert len(list(where(("metrics",), at))) == 1


def test_a_port_that_another_process_has_is_a_sentence() -> None:
    """It said "[Errno 98] error while attempting to bind on address"."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RequestError, match=rf"^cannot listen on 127\.0\.0\.1:{port} \(address already in use\); "):
            Listening("127.0.0.1", port, None, None, False).refuse_taken()
    Listening("127.0.0.1", port, None, None, False).refuse_taken()

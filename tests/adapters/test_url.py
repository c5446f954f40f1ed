"""Addresses are read without a word of what they hold, and an API's address is one that keeps the key secret."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.adapters.celery.app import broker_of, make_app
from worker.adapters.redis_store.connection import connect
from worker.adapters.smtp.server import parse_url
from worker.adapters.url import base_url
from worker.errors import RequestError

LETTERS = "abcdefghijkmnopqrstuvwxyz"
RESERVED = "#?/@:[]%\\ &=;,+\u2100\uff0f"
SECRETS = st.text(st.sampled_from(LETTERS + RESERVED + "0123456789"), min_size=8, max_size=24)

ADDRESSES = {
    "redis": (connect, "redis://user:{}@127.0.0.1:6379/0"),
    "rediss": (connect, "rediss://:{}@127.0.0.1:6379"),
    "sentinel": (connect, "redis+sentinel://:{}@127.0.0.1:26379/main/0"),
    "no scheme": (connect, "{}@127.0.0.1"),
    "broker": (lambda url: make_app(url, "acme"), "redis://:{}@127.0.0.1:6379/1"),
    "broker of amqp": (lambda url: make_app(url, "acme"), "amqp://guest:{}@127.0.0.1:5672//"),
    "broker without a scheme": (lambda url: make_app(url, "acme"), "{}://127.0.0.1"),
    "mail": (parse_url, "smtp://reports:{}@mail.acme.example:587"),
    "api": (base_url, "https://me:{}@api.acme.example/v1"),
}


def pieces(secret: str) -> set[str]:
    """Every four characters of it that stand together."""
    return {secret[i : i + 4] for i in range(len(secret) - 3)}


@pytest.mark.parametrize("name", ADDRESSES)
@settings(deadline=None)  # the first one loads the authorities of TLS
@given(secret=SECRETS)
@example(secret="qzxj#Pwvk")
@example(secret="12/qzxjvk@w")
@example(secret="qz?xjvkw=1")
@example(secret="qzx[jvkw")
@example(secret="qzxj\u2100vkwq")
def test_no_sentence_about_an_address_holds_four_letters_of_its_secret(name: str, secret: str) -> None:
    reader, pattern = ADDRESSES[name]
    told = said(reader, pattern.format(secret))
    ours = " ".join(said(reader, url) for url in HARMLESS)
    assert not {piece for piece in pieces(secret) if piece in told and piece not in ours}, told


def said(reader: Callable[[str], object], url: str) -> str:
    try:
        reader(url)
    except (RequestError, ValueError) as error:
        return str(error)
    return ""


HARMLESS = ("", "redis://h/x", "redis://h#", "amqp://h#", "smtp://a:b@h", "https://a:b@h", "redis+sentinel://h")
"""Addresses that hold no secret: what is said of them is in words of ours."""


@pytest.mark.parametrize(("url", "why"), [
    ("ftp://api.acme.example", "https://"),
    ("api.acme.example", "https://"),
    ("file:///etc/passwd", "https://"),
    ("https://", "https://"),
    ("https://me:pw@api.acme.example", "credentials"),
    ("https://me@api.acme.example", "credentials"),
    ("https://api.acme.example/?x=1", "query"),
    ("https://api.acme.example/v1?", "query"),
    ("https://api.acme.example/#x", "cannot be read"),
    ("https://api.acme.example:port", "cannot be read"),
    ("http://api.acme.example/v1", "unencrypted"),
    ("http://10.0.0.7:3000", "unencrypted"),
    ("http://localhost.acme.example", "unencrypted"),
])  # fmt: skip
def test_an_api_is_served_over_https_and_its_address_is_an_address_alone(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        base_url(url)


@pytest.mark.parametrize("url", [
    "https://api.acme.example/v1", "http://127.0.0.1:8000", "http://[::1]:8000/api", "http://localhost", "HTTPS://a.b",
])  # fmt: skip
def test_an_address_that_keeps_the_key_secret_is_taken(url: str) -> None:
    assert base_url(f"{url}/") == url


@pytest.mark.parametrize("url", [
    "redis://127.0.0.1/abc", "redis://127.0.0.1/0?foo=bar", "redis://127.0.0.1?ssl_cert_reqs=none", "redis://h:99999",
    "redis://127.0.0.1?db=two",
])  # fmt: skip
def test_a_redis_address_that_redis_py_would_fail_at_is_a_sentence(url: str) -> None:
    with pytest.raises(RequestError, match="the Redis URL: found"):
        connect(url)


@pytest.mark.parametrize("url", [
    "foo://x", "", "localhost:6379", "redis://127.0.0.1/abc", "redis://127.0.0.1/0?foo=bar", "amqp://h:99999//",
    "amqp://h:port//", "amqp://g:g@h//?foo=bar",
])  # fmt: skip
def test_a_broker_address_that_kombu_would_fail_at_is_a_sentence(url: str) -> None:
    with pytest.raises(RequestError, match="the broker's URL"):
        make_app(url, "acme")


def test_an_ipv6_address_reaches_every_client_as_one() -> None:
    assert connect("redis://[::1]:6380/2").connection_pool.connection_kwargs["host"] == "::1"
    for url in ("redis://[::1]:6380/2", "amqp://guest:guest@[::1]:5672//"):
        assert make_app(url, "acme").connection_for_read().hostname == "::1"
    assert parse_url("smtp://[::1]:2525?tls=never").host == "::1"
    assert base_url("http://[::1]:3000/api") == "http://[::1]:3000/api"


def test_the_broker_of_a_ledger_on_a_socket_has_the_same_user() -> None:
    assert broker_of("unix://me:hush@/run/r.sock?db=3") == "redis+socket://me:hush@/run/r.sock?virtual_host=3"
    assert broker_of("unix:///run/r.sock") == "redis+socket:///run/r.sock?virtual_host=0"

"""How an address behind Sentinel is read, and what is said about one that cannot be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.utils.url import url_to_parts

from worker.adapters.celery.app import broker_of, make_app
from worker.adapters.redis_store.connection import connect
from worker.adapters.sentinel_url import PATTERN, parse
from worker.errors import RequestError


def test_every_part_of_the_address_is_read() -> None:
    address = parse("redis+sentinel://me:p%40ss@one:1,two,[::1]:3/ledger/2?sentinel_password=hush")
    assert address.hosts == (("one", 1), ("two", 26379), ("::1", 3))
    assert (address.master, address.database) == ("ledger", 2)
    assert (address.username, address.password) == ("me", "p@ss")
    assert address.for_sentinels == {"password": "hush"}
    assert "p@ss" not in repr(address)
    assert "hush" not in repr(address)


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_kombu_reads_the_same_credentials_whatever_is_in_them(user: str, password: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in user.encode("utf-8", "replace"))
    hidden = "".join(f"%{byte:02X}" for byte in password.encode("utf-8", "replace"))
    address = parse(f"redis+sentinel://{quoted}:{hidden}@one:1,two:2/ledger/3")
    for url, host in zip(address.for_kombu.split(";"), ("one", "two"), strict=True):
        parts = url_to_parts(url)
        assert (parts.scheme, parts.hostname, parts.path) == ("sentinel", host, "3")
        assert (parts.username, parts.password) == (address.username, address.password)


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://",
        "redis+sentinel://:se#cret@host:1/ledger",
        "redis+sentinel://host:1",
        "redis+sentinel://host:1/",
        "redis+sentinel://:secret@host:x/ledger",
        "redis+sentinel://:secret@host:0/ledger",
        "redis+sentinel://:secret@host:65536/ledger",
        "redis+sentinel://:secret@host:1/ledger/two",
        "redis+sentinel://:secret@host:1/ledger/0/more",
        "redis+sentinel://:secret@host:1,,/ledger",
        "redis+sentinel://:secret@host:1/ledger?tls=yes",
    ],
)
def test_an_address_that_cannot_be_read_is_answered_with_its_pattern(url: str) -> None:
    for reader in (connect, lambda text: make_app(text, "acme")):
        with pytest.raises(RequestError) as refused:
            reader(url)
        assert str(refused.value) == f"the Sentinel address cannot be read; write {PATTERN}"


def test_the_broker_of_a_ledger_behind_sentinel_is_behind_the_same() -> None:
    url = "redis+sentinel://one:1,two:2/ledger/0"
    conf = make_app(broker_of(url), "acme").conf
    assert conf.broker_url == "sentinel://one:1/0;sentinel://two:2/0"
    assert conf.broker_transport_options["master_name"] == "ledger"
    assert conf.broker_transport_options["unacked_key"] == "acme.unacked"


def test_an_ipv6_address_reaches_kombu_in_brackets() -> None:
    told = parse("redis+sentinel://[::1]:3,two:2/ledger/0").for_kombu
    assert told == "sentinel://[::1]:3/0;sentinel://two:2/0"
    parts = url_to_parts(told.split(";")[0])
    assert (parts.hostname, parts.port) == ("::1", 3)

"""The address of a request is the one that httpx makes of base, path and parameters."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.http import Http

BASES = ["http://127.0.0.1:8000", "http://127.0.0.1:8000/", "http://acme.example/v1", "http://acme.example/api/v1/"]
PIECES = [
    "/",
    "//",
    "/..",
    "/.",
    ".",
    "a",
    "b c",
    "é",
    "%20",
    "%2F",
    "%",
    "?",
    "#",
    "?x=1",
    ":",
    "@",
    ";",
    "&",
    "=",
    "+",
]
PARAMS = st.none() | st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=4),
    st.text(st.characters(codec="utf-8"), max_size=6) | st.integers() | st.booleans() | st.none() | st.just(["a", "b"]),
    max_size=3,
)


@pytest.mark.parametrize("base", BASES)
@settings(max_examples=60)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=5), params=PARAMS)
async def test_it_is_made_of_the_same_parts(base: str, pieces: list[str], params: dict[str, Any] | None) -> None:
    client = Http(base)
    for path in ("/" + "".join(pieces), "".join(pieces)):
        try:
            expected = client._client.build_request("GET", path, params=params).url
        except httpx.InvalidURL:
            continue
        url, target = client._address(path, params)
        assert (url.scheme, url.netloc) == (expected.scheme, expected.netloc)
        assert target.get("target", url.raw_path) == expected.raw_path


async def test_a_whole_address_stands_for_itself() -> None:
    client = Http("http://acme.example/v1")
    url, target = client._address("https://other.example/hook?key=1", None)
    assert (str(url), target) == ("https://other.example/hook?key=1", {})
    await client.aclose()

"""JSON within bounds: what is too deep or too much is a sentence, and the event loop goes on meanwhile."""

import asyncio
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters import json_body
from worker.adapters.json_body import ASIDE, MOST_VALUES, JsonUnreadable, decoded, decoded_aside, split_list

MB = 1024 * 1024


@pytest.mark.parametrize("value", [{"a": [1, None, "ä", 1.5]}, [], "text", 0, None])
def test_json_is_read(value: object) -> None:
    assert decoded(json.dumps(value).encode()) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
ODD = (b"-0", b"-0.0", b"1E5", b"1" * 30, b'{"a":1,"a":2}', b'"\\ud800"', b"1e999", b'"\\ud83d\\ude00"')


@given(VALUES, st.booleans())
def test_every_value_is_that_of_the_standard_library(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert repr(decoded(body)) == repr(json.loads(body))


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), st.lists(VALUES, max_size=4), st.booleans())
def test_a_list_is_split_into_the_bytes_of_its_items(
    beside: dict[str, Any], items: list[Any], ascii_only: bool
) -> None:
    body = json.dumps({**beside, "data": items}, ensure_ascii=ascii_only).encode()
    split = split_list(body, "data")
    assert split is not None
    rest, raws = split
    whole = decoded(body)
    assert repr([decoded(bytes(raw)) for raw in raws]) == repr(whole.pop("data"))
    assert repr(rest) == repr(whole)


@pytest.mark.parametrize(
    "body",
    [
        *(b"[]", b'{"other": []}', b'{"data": {}}', b'{"data": null}', b"", b'{"data": [1', b'{"data": [01]}'),
        *(b'{"data": ["\xff"]}', b'{"data": ["\\ud800"]}', b'{"data": [NaN]}', b'{"data": [], "x": 1e999}'),
        *('{"data": []}'.encode("utf-16"), b"\xef\xbb\xbf" + b'{"data": []}', b"<!doctype html>"),
        *(b'{"data": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", b'{"data": ["' + b"x" * ASIDE + b'"]}'),
    ],
)
def test_what_is_no_plain_object_with_that_list_is_not_split(body: bytes) -> None:
    assert split_list(body, "data") is None


@pytest.mark.parametrize("body", [*ODD, '["ä"]'.encode("utf-16"), b"\xef\xbb\xbf[1]"])
def test_odd_but_legal_json_is_that_of_the_standard_library(body: bytes) -> None:
    assert repr(decoded(body)) == repr(json.loads(body))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b" \n", "an empty body"),
        (b"<!doctype html>", "HTML"),
        (b'{"a": 1', "text that is not JSON, or JSON that broke off"),
        (b'{"a": NaN}', "text that is not JSON, or JSON that broke off"),
        (b"\xff\xfe\xff", "text that is not JSON, or JSON that broke off"),
        (b"[" * 100_000 + b"]" * 100_000, "JSON that is nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "JSON that is nested too deeply"),
    ],
    ids=["empty", "html", "cut", "nan", "bytes", "deep lists", "deep objects"],
)
async def test_what_cannot_be_read_is_named(body: bytes, found: str) -> None:
    with pytest.raises(JsonUnreadable) as caught:
        decoded(body)
    assert str(caught.value) == found
    with pytest.raises(JsonUnreadable) as caught:
        await decoded_aside(body)
    assert str(caught.value) == found


@pytest.mark.parametrize("many", [b"[]", b"{}", b"1", b'{"a":[]}'])
async def test_many_small_values_are_refused_before_they_take_memory(many: bytes) -> None:
    """Twenty times the bound, which would take half a gigabyte and more."""
    body = b"[" + b",".join([many] * (20 * MOST_VALUES)) + b"]"
    tracemalloc.start()
    try:
        with pytest.raises(JsonUnreadable, match="JSON with more than 1,000,000 values"):
            await decoded_aside(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MB


async def test_the_loop_goes_on_while_a_large_body_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder is one call in C, which keeps the interpreter to itself: a thread alone would not be enough. So we
    look at the turns that the loop has had, each time that the decoder has come to the end of an object.
    """
    body = json.dumps({"data": [{"id": n, "name": f"deal {n}"} for n in range(200_000)]}).encode()
    assert len(body) > ASIDE
    turns = 0
    seen = set()

    def looking(value: dict[str, Any]) -> dict[str, Any]:
        seen.add(turns)
        return value

    async def counting() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(json_body, "_same", looking)
    counter = asyncio.create_task(counting())
    told = await decoded_aside(body)
    counter.cancel()
    assert len(told["data"]) == 200_000
    assert len(seen) > 3

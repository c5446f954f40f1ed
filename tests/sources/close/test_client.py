"""Refusals, failures and retries: one clear sentence each, and never a key in it."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.close.account import KEY, NOW, Account, Clock, close, deal, listing
from tests.support.scripted_http import Asked, Said
from worker.errors import RequestError, SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.sources.close import CloseSource, CloseTuning, open_source
from worker.sources.close.client import offset
from worker.sources.close.refusal import said
from worker.sources.common.calls import Retries

ME = {"organizations": [{"id": "orga_acme", "currency": "EUR"}]}


def answering(*answers: Said) -> Account:
    """An account whose GET /me/ answers these, one after another, and then as usual."""
    account = Account([deal("oppo_a")])
    left: Iterator[Said] = iter(answers)
    account.instead["/me/"] = lambda _: next(left, Said(ME))
    return account


async def caught(account: Account, tuning: CloseTuning | None = None) -> SourceError:
    async with close(account, tuning or CloseTuning(timeout=2.0, retries=Retries(pause=0.001, cap=1.0))) as (source, _):
        with pytest.raises(SourceError) as error:
            await source.fetch(listing())
    return error.value


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (
            400,
            {"errors": [], "field-errors": {"pipeline": "This field is required."}},
            "GET /me/: the request was refused (400): pipeline: This field is required.",
        ),
        (
            400,
            {"field-errors": {"query": {"type": ["Not a valid choice."]}}},
            "GET /me/: the request was refused (400): query: type: Not a valid choice.",
        ),
        (
            401,
            {"error": "The server could not verify that you are authorized."},
            "GET /me/: the key or token was not accepted (401): The server could not verify that you are authorized.",
        ),
        (402, b"", "GET /me/: the account's plan does not include this (402)"),
        (403, b"Forbidden,\r\nreally", "GET /me/: the key has no right to this (403): Forbidden, really"),
        (404, {"errors": ["No such thing."]}, "GET /me/: not found (404): No such thing."),
        (404, b"<!doctype html><title>Nothing</title>", "GET /me/: not found (404)"),
        (405, b'[1, ["deep"]]', "GET /me/: the method is not allowed (405): deep"),
        (415, {"message": "JSON only"}, "GET /me/: the content type is not accepted (415): JSON only"),
        (418, {"error": {"code": "teapot", "n": 3}}, "GET /me/: an unexpected answer (418): code: teapot"),
    ],
)
async def test_a_refusal_is_one_sentence_and_is_not_repeated(status: int, body: Any, sentence: str) -> None:
    account = answering(Said(body, status))
    error = await caught(account)
    assert isinstance(error, SourceRefused)
    assert str(error) == sentence
    assert error.status == status


async def test_a_redirect_is_not_followed() -> None:
    account = answering(Said(b"", 302, {"location": "http://127.0.0.1:1/elsewhere?key=secret"}))
    error = await caught(account)
    assert isinstance(error, SourceRefused)
    assert str(error) == "GET /me/: a redirect (302), which is not followed; is base_url right?"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "body: expected a JSON object, found an empty body"),
        (b"  \n", "body: expected a JSON object, found an empty body"),
        (b"<html>maintenance</html>", "body: expected a JSON object, found HTML"),
        (b'{"organizations": [{"id": "or', "body: expected a JSON object, found text that is not JSON"),
        (b"[]", "body: expected an object, found a list"),
        (b"null", "body: expected an object, found null"),
        (b'{"organizations": NaN}', "body: expected a JSON object, found text that is not JSON"),
        (b"[" * 100_000, "body: expected a JSON object, found JSON that is nested too deeply"),
        (b"\xff\xfe", "body: expected a JSON object, found text that is not JSON"),
        (b'{"organizations": []}', "organizations: expected a list with an organization, found a list"),
        (b"{}", "organizations: expected a list, found nothing"),
        (b'{"organizations": [{"id": 7}]}', "organizations[0].id: expected an id, found the number 7"),
    ],
)
async def test_an_answer_of_another_shape_is_named_by_its_place(body: bytes, problem: str) -> None:
    error = await caught(answering(Said(body)))
    assert isinstance(error, SourceShapeChanged)
    assert str(error).startswith(f"GET /me/: {problem}")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (Said(b"", 502), "the service failed (502)"),
        (Said({"error": "later"}, 503, {"retry-after": "0"}), "the service failed (503): later"),
        (Said(b"", 504), "the service failed (504)"),
        (Said(ME, cut=5), "the answer broke off"),
        (Said(b"x" * 20, headers={"content-encoding": "gzip"}), "the answer's compression is broken"),
        (
            Said({"message": "too often"}, 429, {"ratelimit": "limit=5; remaining=0; reset=0"}),
            "too many requests (429)",
        ),
    ],
)
async def test_what_may_pass_is_tried_four_times_and_then_said(bad: Said, problem: str) -> None:
    account = answering(*[bad] * 3)
    async with close(account, CloseTuning(retries=Retries(pause=0.001, cap=1.0))) as (source, server):
        assert (await source.fetch(listing())).snapshot.members == {"oppo_a"}
        assert len(server.to("/me/")) == 4
    error = await caught(answering(*[bad] * 4))
    assert isinstance(error, SourceUnavailable)
    assert problem in str(error)
    assert str(error).endswith("(tried 4 times)")
    assert error.limited is (bad.status == 429)


async def test_a_wait_longer_than_the_cap_is_reported_instead_of_sat_out() -> None:
    error = await caught(answering(Said(b"", 429, {"retry-after": "3600"})))
    assert isinstance(error, SourceUnavailable)
    assert error.retry_after == 3600
    assert str(error) == "GET /me/: too many requests (429)"


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    quick = CloseTuning(timeout=0.05, retries=Retries(tries=2, pause=0.001))
    error = await caught(answering(*[Said(ME, after=5)] * 2), quick)
    assert str(error) == "GET /me/: no answer came in time (tried 2 times)"


async def test_a_server_that_drips_is_given_up_although_it_never_stops() -> None:
    quick = CloseTuning(timeout=0.1, retries=Retries(tries=1))
    error = await caught(answering(Said(b" " * 500, drip=0.02)), quick)
    assert str(error) == "GET /me/: the answer was not whole after 0.2 s"


async def test_nobody_listening_is_one_sentence() -> None:
    source = open_source(
        {"base_url": "http://127.0.0.1:9/api/v1", "api_key": KEY},
        clock=Clock(),
        tuning=CloseTuning(retries=Retries(tries=2, pause=0.001)),
    )
    with pytest.raises(SourceUnavailable, match=r"^GET /me/: could not connect \(tried 2 times\)$"):
        await source.fetch(listing())
    await source.aclose()


@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize("given", [KEY, base64.b64encode(f"{KEY}:".encode()).decode()])
async def test_a_key_that_the_service_repeats_is_not_passed_on(status: int, given: str) -> None:
    error = await caught(answering(*[Said({"error": f"bad key {given}!"}, status, {"retry-after": "0"})] * 4))
    assert "bad key ***" in str(error)
    assert KEY not in repr(error) + repr(error.__cause__) + repr(error.__context__)


async def test_a_key_goes_as_user_without_a_password_and_a_token_as_bearer() -> None:
    async with close(Account()) as (source, server):
        await source.fetch(listing())
        expected = base64.b64encode(f"{KEY}:".encode()).decode()
        assert {asked.headers["authorization"] for asked in server.asked} == {f"Basic {expected}"}
        bearer = open_source({"base_url": server.url, "access_token": "tok_1"}, clock=Clock())
        server.asked.clear()
        await bearer.fetch(listing())
        await bearer.aclose()
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer tok_1"}


async def test_names_are_read_once_in_five_minutes() -> None:
    async with close(Account([deal("oppo_a")])) as (source, server):
        await source.fetch(listing())
        await source.fetch(listing())
        assert len(server.to("/me/")) == len(server.to("/pipeline/")) == len(server.to("/status/opportunity/")) == 1
        source._clock.now = source._clock.now.replace(hour=15)  # type: ignore[attr-defined]  # the test's own clock
        await source.fetch(listing())
        assert len(server.to("/me/")) == 2


async def test_every_request_names_the_offset_of_the_schedules_zone() -> None:
    async with close(Account()) as (source, server):
        await source.fetch(listing())
    assert {asked.headers["x-tz-offset"] for asked in server.to("/opportunity/")} == {"1"}


@pytest.mark.parametrize(
    ("zone", "month", "expected"),
    [
        ("America/New_York", 7, "-4"),
        ("America/New_York", 11, "-5"),
        ("Asia/Kolkata", 7, "5.5"),
        ("America/St_Johns", 7, "-2.5"),
        ("Asia/Kathmandu", 1, "5.75"),
        ("UTC", 1, "0"),
    ],
)
def test_an_offset_is_signed_decimal_hours_at_the_instant(zone: str, month: int, expected: str) -> None:
    assert offset(datetime(2026, month, 20, 12, tzinfo=UTC), zone) == expected


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "write one of api_key"),
        ({"api_key": "a", "access_token": "b"}, "write one of api_key"),
        ({"api_key": "a\nb"}, "api_key: holds characters"),
        ({"access_token": "tök"}, "access_token: holds characters"),
        ({"api_key": "a", "base_url": "ftp://close.example"}, "base_url: found"),
        ({"api_key": "a", "base_url": "https://user:pw@close.example"}, "base_url: found"),
    ],
)
def test_options_that_cannot_work_are_refused_without_repeating_them(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as caught_error:
        open_source(options, clock=lambda: NOW)
    assert "pw@" not in str(caught_error.value)
    assert "tök" not in str(caught_error.value)


def test_long_words_of_the_service_are_cut_to_one_line() -> None:
    words = said(('{"error": "' + "long \\n " * 200 + '"}').encode(), ())
    assert len(words) == 200
    assert words.endswith("…")
    assert "\n" not in words


async def test_a_source_never_prints_its_key() -> None:
    async with close(Account()) as (source, _):
        assert isinstance(source, CloseSource)
        assert KEY not in repr(source)
        assert KEY not in repr(source._client)


async def test_a_status_that_only_its_own_list_knows_and_users_beyond_a_page_are_found() -> None:
    account = Account([deal("oppo_a", user_id="user_150", user_name=None)])

    def users(asked: Asked) -> Said:
        skip = int(asked.params["_skip"])
        page = [{"id": f"user_{n}", "first_name": "No", "last_name": str(n)} for n in range(skip, min(skip + 100, 160))]
        return Said({"data": page, "has_more": skip + 100 < 160})

    account.instead["/user/"] = users
    async with close(account) as (source, server):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.rows is not None
    assert snapshot.rows.record(snapshot.rows.rows[0])["owner"] == "No 150"
    assert [asked.params["_skip"] for asked in server.to("/user/")] == ["0", "100"]


async def test_of_several_organizations_the_one_whose_pipelines_the_key_sees_counts() -> None:
    account = Account([deal("oppo_a", value_currency=None)])
    other = {"id": "orga_other", "currency": "USD"}
    account.instead["/me/"] = lambda _: Said({"organizations": [other, *ME["organizations"]]})
    async with close(account) as (source, _):
        snapshot = (await source.fetch(listing())).snapshot
    assert snapshot.rows is not None
    assert snapshot.rows.record(snapshot.rows.rows[0])["currency"] == "EUR"

"""Refusals, failures and retries: one clear sentence each that says what is really wrong, and never a secret in it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.sources.umami.account import (
    ANSWERS,
    NOW,
    PASSWORD,
    QUICK,
    SITE,
    TOKEN,
    Account,
    Clock,
    question,
    umami,
)
from tests.support.scripted_http import Said, scripted
from worker.errors import RequestError, SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.sources.common.calls import Retries
from worker.sources.umami import UmamiTuning, open_source

GOAL = "/api/reports/goal"
HTML = {"content-type": "text/html"}


def answering(*answers: Said) -> Account:
    """An account whose goal report answers these, one after another, and then as usual."""
    account = Account()
    left: Iterator[Said] = iter(answers)
    account.instead["/reports/goal"] = lambda _: next(left, Said(ANSWERS["goal"]))
    return account


async def caught(account: Account, tuning: UmamiTuning = QUICK, query: str = "goal") -> SourceError:
    async with umami(account, tuning) as (source, _):
        with pytest.raises(SourceError) as error:
            await source.fetch(question(query))
    return error.value


def refused(tree: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"message": "Bad request", "code": "bad-request", "status": 400, **tree}}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            Said(
                refused({"errors": [], "properties": {"name": {"errors": ["Invalid input: received undefined"]}}}), 400
            ),
            (
                "this Umami has no report called goal (400): it took the word for a saved report's id; "
                "is the server older than the report?"
            ),
        ),
        (
            Said(
                refused(
                    {
                        "errors": ["whole"],
                        "properties": {
                            "parameters": {
                                "errors": [],
                                "properties": {"steps": {"errors": ["few"], "items": [None, {"errors": ["bad"]}]}},
                            }
                        },
                    }
                ),
                400,
            ),
            "the request was refused (400): whole; parameters.steps: few; parameters.steps[1]: bad",
        ),
        (Said(refused({}), 400), "the request was refused (400): Bad request"),
        (
            Said({"error": ["websiteId: Required", "dateRange: Required"]}, 400),
            "this is Umami 2 (400), which asks for reports in another way; version 3 is needed",
        ),
        (Said({"error": ["websiteId: Required"]}, 400), "the request was refused (400): websiteId: Required"),
        (Said({"error": {"properties": 7, "items": "x", "errors": {}}}, 400), "the request was refused (400)"),
        (Said(b"[" * 9999, 400), "the request was refused (400): " + "[" * 199 + "…"),
        (
            Said(b"<!DOCTYPE html><html>", 404, HTML),
            "there is no such path (404), only a page for people: is base_url the address of Umami 3?",
        ),
        (Said({"error": "Not Found: reports/goal"}, 404), "not found (404): Not Found: reports/goal"),
        (Said({"error": {"message": "Not found", "code": "not-found"}}, 404), "not found (404)"),
        (
            Said(b"<html>denied by the firewall", 403, HTML),
            "a page for people instead of an answer (403): something before Umami, a firewall or proxy, refuses us",
        ),
        (Said({"error": "Forbidden"}, 403), "the account has no right to this (403): Forbidden"),
        (Said(b"", 405), "the method is not allowed here: is this Umami 3? (405)"),
        (Said(b"", 418), "an unexpected answer (418)"),
        (
            Said(b"", 308, {"location": "http://127.0.0.1:1/?token=secret"}),
            "a redirect (308), which is not followed; is base_url right?",
        ),
    ],
)
async def test_a_refusal_is_one_sentence_and_is_not_repeated(said: Said, sentence: str) -> None:
    account = answering(*[said] * 9)
    async with umami(account) as (source, server):
        with pytest.raises(SourceRefused) as error:
            await source.fetch(question("goal"))
        assert len(server.to(GOAL)) == 1
    assert str(error.value) == f"POST /reports/goal: {sentence}"
    assert error.value.status == said.status


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (
            Said(b"", 500),
            "the service failed (500) without a word, as Umami does for a segment, cohort or saved report",
        ),
        (Said({"error": {"message": "Server error", "code": "x"}}, 500), "the service failed (500): Server error"),
        (Said(b"<html>bad gateway", 502, HTML), "the service failed (502)"),
        (Said({"error": "later"}, 503, {"retry-after": "0"}), "the service failed (503): later"),
        (Said(ANSWERS["goal"], cut=5), "the answer broke off"),
        (Said(b"x" * 20, headers={"content-encoding": "gzip"}), "the answer's compression is broken"),
    ],
)
async def test_what_may_pass_is_tried_three_times_and_then_said(bad: Said, problem: str) -> None:
    async with umami(answering(*[bad] * 2)) as (source, server):
        assert (await source.fetch(question("goal"))).snapshot.measures
        assert len(server.to(GOAL)) == 3
    error = await caught(answering(*[bad] * 3))
    assert isinstance(error, SourceUnavailable)
    assert problem in str(error)
    assert str(error).endswith("(tried 3 times)")


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "0.05"},
        {"ratelimit": "limit=50, remaining=0, reset=0.05"},
        {"RateLimit": "limit=50; remaining=0; reset=0.05"},
        {"x-ratelimit-reset": "0.05"},
        {"ratelimit-reset": "0.05"},
        {"x-rate-limit-reset": "0.05"},
        {"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"},
    ],
)
async def test_a_429_is_waited_out_whatever_spells_the_wait(headers: dict[str, str]) -> None:
    async with umami(answering(Said({"error": "Too many requests"}, 429, headers))) as (source, server):
        await source.fetch(question("goal"))
        first, second = server.to(GOAL)
    assert second.at - first.at >= (0.05 if "0.05" in str(headers) else 0)


async def test_a_wait_longer_than_the_cap_is_reported_instead_of_sat_out() -> None:
    moment = format_datetime(NOW.astimezone(UTC) + timedelta(hours=1), usegmt=True)
    error = await caught(answering(Said(b"", 429, {"retry-after": moment})))
    assert isinstance(error, SourceUnavailable)
    assert error.limited
    assert error.retry_after == pytest.approx(3600, abs=60)
    assert str(error) == "POST /reports/goal: too many requests (429)"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "body: expected JSON, found an empty body"),
        (b"<html>maintenance</html>", "body: expected JSON, found HTML"),
        (b'{"num": 3, "tot', "body: expected JSON, found text that is not JSON, or JSON that broke off"),
        (b'{"num": NaN, "total": 1}', "body: expected JSON, found text that is not JSON"),
        (b"null", "body: expected an object, found null"),
        (b"[]", "body: expected an object, found a list"),
        (b'{"num": null, "total": 1}', "num: expected a number, found null"),
        (b'{"total": 1}', "num: expected a number, found nothing"),
        (b'{"num": 1.5, "total": 1}', "num: expected a count, found the number 1.5"),
        (b'{"num": 1, "total": -1}', "total: expected a count, found the number -1"),
        (b'{"num": "many", "total": 1}', "num: expected a number, found the text 'many'"),
        (b'{"num": true, "total": 1}', "num: expected a number, found true"),
        (b'{"num": 1e300, "total": 1}', "num: expected a number, found a number that is too large"),
    ],
)
async def test_an_answer_of_another_shape_is_named_by_its_place(body: bytes, problem: str) -> None:
    error = await caught(answering(Said(body)))
    assert isinstance(error, SourceShapeChanged)
    assert str(error).startswith(f"POST /reports/goal: {problem}")


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    quick = UmamiTuning(timeout=0.1, retries=Retries(tries=2, pause=0.001))
    error = await caught(answering(*[Said(ANSWERS["goal"], after=5)] * 2), quick)
    assert str(error) == "POST /reports/goal: no answer came in time (tried 2 times)"


async def test_a_server_that_drips_is_given_up_although_it_never_stops() -> None:
    quick = UmamiTuning(timeout=0.1, retries=Retries(tries=1))
    error = await caught(answering(Said(b" " * 500, drip=0.02)), quick)
    assert str(error) == "POST /reports/goal: the answer was not whole after 0.2 s"


async def test_nobody_listening_is_one_sentence() -> None:
    options = {"base_url": "http://127.0.0.1:9", "username": "digest", "password": PASSWORD}
    source = open_source(options, clock=Clock(), tuning=UmamiTuning(retries=Retries(tries=2, pause=0.001)))
    with pytest.raises(SourceUnavailable, match=r"^POST /auth/login: could not connect \(tried 2 times\)$"):
        await source.fetch(question("goal"))
    await source.aclose()


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
@pytest.mark.parametrize("secret", [PASSWORD, TOKEN])
async def test_a_secret_that_the_service_repeats_is_not_passed_on(status: int, secret: str) -> None:
    told = {"error": {"message": f"no: {secret}!"}}
    error = await caught(answering(*[Said(told, status, {"retry-after": "0"})] * 9))
    assert secret not in repr(error) + str(error) + repr(error.__cause__) + repr(error.__context__)
    assert status == 401 or "no: ***!" in str(error)


async def test_a_website_that_does_not_exist_is_not_a_website_that_nobody_visits() -> None:
    account = Account()
    account.website = None
    error = await caught(account)
    assert isinstance(error, SourceRefused)
    assert str(error) == f"GET /websites/{{id}}: there is no website {SITE}"


async def test_a_website_is_looked_at_once_in_five_minutes() -> None:
    async with umami(Account()) as (source, server):
        await asyncio.gather(*(source.fetch(question("goal")) for _ in range(4)))
        assert len(server.to(f"/api/websites/{SITE}")) == 1
        source._clock.now = datetime(2026, 11, 23, 15, tzinfo=UTC)  # type: ignore[attr-defined]  # the test's clock
        await source.fetch(question("goal"))
        assert len(server.to(f"/api/websites/{SITE}")) == 2


async def test_a_website_that_was_reset_within_the_window_is_noted() -> None:
    account = Account()
    account.website["resetAt"] = "2026-11-18T10:00:00.000Z"
    async with umami(account) as (source, _):
        snapshot = (await source.fetch(question("goal"))).snapshot
    assert snapshot.notes == ("the website was reset within this window: nothing before that counts",)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "one of them"),
        ({"api_key": "a", "username": "b", "password": "c"}, "one of them"),
        ({"username": "b", "base_url": "https://stats.acme.example"}, "username without password"),
        ({"username": "b", "password": "c"}, "username without base_url"),
        ({"api_key": "a\nb"}, "api_key: holds characters"),
        ({"api_key": "tök"}, "api_key: holds characters"),
        ({"api_key": "a", "base_url": "ftp://umami.example"}, "base_url: found"),
        ({"username": "u", "password": "p", "base_url": "https://user:pw@umami.example"}, "base_url: found"),
    ],
)
def test_options_that_cannot_work_are_refused_without_repeating_them(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as error:
        open_source(options, clock=lambda: NOW)
    assert "pw@" not in str(error.value)
    assert "tök" not in str(error.value)


@pytest.mark.parametrize("ending", ["", "/", "/api", "/api/"])
async def test_the_api_is_below_the_address_however_that_ends(ending: str) -> None:
    async with scripted(Account().answer) as server:
        options = {"base_url": server.url + ending, "username": "digest", "password": PASSWORD}
        source = open_source(options, clock=Clock(), tuning=QUICK)
        await source.fetch(question("goal"))
        await source.aclose()
    assert server.asked[0].path == "/api/auth/login"


async def test_a_source_never_prints_its_secrets() -> None:
    async with umami(Account()) as (source, _):
        await source.fetch(question("goal"))
        shown = repr(source) + repr(source._client) + repr(vars(source._client))
    assert PASSWORD not in shown
    assert TOKEN not in shown


async def test_a_refusal_nested_without_end_is_still_one_sentence() -> None:
    tree: dict[str, Any] = {"errors": ["deep"]}
    for _ in range(50):
        tree = {"errors": [], "properties": {"x": tree}}
    error = await caught(answering(Said(refused(tree), 400)))
    assert str(error) == "POST /reports/goal: the request was refused (400): Bad request"

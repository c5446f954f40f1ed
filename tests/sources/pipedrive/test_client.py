"""Refusals, failures and retries: one clear sentence each, and never a token in it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sources.pipedrive.account import ME, TOKEN, Account, Clock, asking, fetched, listing, pipedrive
from tests.support.scripted_http import Said, scripted
from worker.adapters.http import Http
from worker.errors import RequestError, SourceError, SourceRefused, SourceShapeChanged, SourceUnavailable
from worker.sources.common.calls import Retries
from worker.sources.pipedrive import PipedriveSource, PipedriveTuning, costs, open_source
from worker.sources.pipedrive.client import PipedriveRequest
from worker.sources.pipedrive.source import base_url

GOOD = {"success": True, "data": ME}
HTML = b"<!DOCTYPE html><html><title>Attention Required! | Cloudflare</title></html>"
HASTY = PipedriveTuning(timeout=2.0, retries=Retries(pause=0.001, cap=1.0))


def answering(*answers: Said) -> Account:
    """An account whose GET /users/me answers these, one after another, and then as usual."""
    account = Account()
    left: Iterator[Said] = iter(answers)
    account.instead["/api/v1/users/me"] = lambda _: next(left, Said(GOOD))
    return account


async def caught(account: Account, tuning: PipedriveTuning = HASTY) -> SourceError:
    async with pipedrive(account, tuning) as (source, _):
        with pytest.raises(SourceError) as error:
            await source.fetch(listing())
    return error.value


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (
            400,
            {"success": False, "error": "Validation failed: foo: not allowed", "code": "ERR_SCHEMA_VALIDATION_FAILED"},
            "the request was refused (400): Validation failed: foo: not allowed",
        ),
        (
            400,
            {"status": "error", "success": False, "errors": {"subscription_url": ["non-reachable URL"]}},
            "the request was refused (400): subscription_url: non-reachable URL",
        ),
        (
            401,
            {"success": False, "error": "unauthorized access", "errorCode": 401, "error_info": "Please check"},
            "the token was not accepted (401): unauthorized access",
        ),
        (402, b"", "the account is not open (402)"),
        (
            403,
            {"success": False, "error": "Scope and URL mismatch"},
            "the token has no right to this (403): Scope and URL mismatch",
        ),
        (404, {"success": False, "error": "Entity was not found"}, "not found (404): Entity was not found"),
        (404, HTML, "not found (404)"),
        (410, b"gone\r\nfor good", "no longer there (410): gone for good"),
        (418, b'["odd"]', "an unexpected answer (418): odd"),
        (501, {"error": "no"}, "not offered (501): no"),
    ],
)
async def test_a_refusal_is_one_sentence_and_is_not_repeated(status: int, body: Any, problem: str) -> None:
    error = await caught(answering(Said(body, status)))
    assert isinstance(error, SourceRefused)
    assert str(error) == f"GET /api/v1/users/me: {problem}"
    assert error.status == status


async def test_a_redirect_is_not_followed() -> None:
    error = await caught(answering(Said(b"", 302, {"location": "http://127.0.0.1:1/?api_token=secret"})))
    assert isinstance(error, SourceRefused)
    assert error.problem == "a redirect (302), which is not followed; is company_domain or base_url right?"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "body: expected a JSON object, found an empty body"),
        (HTML, "body: expected a JSON object, found HTML"),
        (b'{"success": true, "data": {"id', "body: expected a JSON object, found text that is not JSON"),
        (b"[]", "body: expected an object, found a list"),
        (b'{"success": true, "data": Infinity}', "body: expected a JSON object, found text that is not JSON"),
        (b'{"data": {}}', "success: expected true or false, found nothing"),
        (b'{"success": true}', "data: expected an object, found nothing"),
        (b'{"success": true, "data": {}}', "data.id: expected an id (a whole number), found nothing"),
        (b'{"success": true, "data": {"id": 1, "name": "A"}}', "data.company_id: expected an id (a whole number)"),
        (b'{"success": true, "data": {"id": true}}', "data.id: expected an id (a whole number), found true"),
    ],
)
async def test_an_answer_of_another_shape_is_named_by_its_place(body: bytes, problem: str) -> None:
    error = await caught(answering(Said(body)))
    assert isinstance(error, SourceShapeChanged)
    assert str(error).startswith(f"GET /api/v1/users/me: {problem}")


async def test_a_200_that_says_it_failed_is_a_refusal() -> None:
    error = await caught(answering(Said({"success": False, "error": "not today"})))
    assert isinstance(error, SourceRefused)
    assert error.problem == "not successful (200): not today"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (Said(b"", 500), "the service failed (500)"),
        (Said({"error": "scheduled"}, 503, {"retry-after": "0"}), "under maintenance (503): scheduled"),
        (Said(HTML, 502), "the service failed (502)"),
        (Said(GOOD, cut=5), "the answer broke off"),
        (
            Said({"error": "request over limit"}, 429, {"retry-after": "0"}),
            "too many requests (429): request over limit",
        ),
    ],
)
async def test_what_may_pass_is_tried_again_and_then_given_up(bad: Said, problem: str) -> None:
    assert (await fetched(answering(bad, bad, bad), listing(), HASTY)).members == frozenset()
    error = await caught(answering(bad, bad, bad, bad))
    assert isinstance(error, SourceUnavailable)
    assert str(error) == f"GET /api/v1/users/me: {problem} (tried 4 times)"


async def test_an_answer_that_does_not_come_in_time_is_unavailable() -> None:
    tuning = PipedriveTuning(timeout=0.1, retries=Retries(tries=2, pause=0.001))
    error = await caught(answering(Said(GOOD, after=0.5), Said(GOOD, after=0.5)), tuning)
    assert isinstance(error, SourceUnavailable)
    assert error.problem == "no answer came in time (tried 2 times)"


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"retry-after": "3939"}, {"error": "daily request budget exceeded", "errorCode": 429}, 3939.0),
        ({}, {"error": "Daily request budget exceeded"}, 3600.0),
        ({"retry-after": "5"}, {"error": "daily request budget exceeded"}, 61.0),
        ({"x-daily-ratelimit-token-remaining": "0"}, b"", 3600.0),
        ({"retry-after": "3600", "x-ratelimit-reset": "2"}, b"", 3600.0),
    ],
)
async def test_a_spent_day_is_said_at_once_and_never_slept_on(
    headers: Mapping[str, str], body: Any, wait: float
) -> None:
    account = answering(Said(body, 429, headers))
    async with pipedrive(account, HASTY) as (source, server):
        for _ in range(2):
            with pytest.raises(SourceUnavailable) as error:
                await source.fetch(listing())
            assert error.value.problem == "the company's daily budget of API tokens is used up (429)"
            assert (error.value.retry_after, error.value.limited) == (wait, True)
        assert len(server.asked) == 1, "what is asked in the next minute is answered without asking"


async def test_a_page_of_the_firewall_is_a_limit_and_stops_the_knocking() -> None:
    account = answering(Said(HTML, 403, {"content-type": "text/html"}))
    async with pipedrive(account, HASTY) as (source, server):
        for _ in range(2):
            with pytest.raises(SourceUnavailable) as error:
                await source.fetch(listing())
        assert error.value.limited
        assert error.value.problem.startswith("blocked before Pipedrive itself (403, a page instead of JSON)")
        assert len(server.asked) == 1


async def test_users_that_may_not_be_seen_stay_ids() -> None:
    account = Account()
    account.instead["/api/v1/users"] = lambda _: Said({"error": "Scope and URL mismatch"}, 403)
    snapshot = await fetched(account, listing())
    assert snapshot.notes == (
        "users stay ids: GET /api/v1/users: the token has no right to this (403): Scope and URL mismatch",
    )


async def test_a_token_that_the_service_repeats_is_not_told() -> None:
    error = await caught(answering(Said({"error": f"bad token {TOKEN}"}, 401)))
    assert error.problem == "the token was not accepted (401): bad token ***"


async def test_the_token_goes_in_a_header_and_never_in_the_address() -> None:
    async with pipedrive(Account()) as (source, server):
        await source.fetch(listing())
        assert {asked.headers["x-api-token"] for asked in server.asked} == {TOKEN}
        assert all(TOKEN not in f"{asked.path}{asked.params}" for asked in server.asked)


class Renewable:
    """A token with a successor."""

    def __init__(self) -> None:
        self.secrets = ("old", "new")
        self._token = "old"

    async def headers(self) -> Mapping[str, str]:
        return {"authorization": f"Bearer {self._token}"}

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        first, self._token = refused == {"authorization": "Bearer old"}, "new"
        return first

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_credential_that_can_be_renewed_is_renewed_once() -> None:
    account = Account()

    def answer(asked: Any) -> Said:
        fresh = asked.headers["authorization"] == "Bearer new"
        return account.answer(asked) if fresh else Said({"error": "unauthorized access"}, 401)

    async with scripted(answer) as server:
        source = PipedriveSource(Http(server.url), Renewable(), clock=Clock())
        await source.fetch(listing())
        await source.aclose()
        assert [asked.headers["authorization"] for asked in server.to("/api/v1/users/me")] == [
            "Bearer old",
            "Bearer new",
        ]


async def test_what_was_asked_for_is_counted_in_tokens() -> None:
    account = Account()
    account.headers = {"x-daily-ratelimit-token-limit": "30000", "x-daily-ratelimit-token-remaining": "29000"}
    async with pipedrive(account) as (source, server):
        await source.fetch(listing())
        endpoints = [f"{asked.method} {asked.path}" for asked in server.asked]
        assert source.client.spent == sum(costs.COSTS[name] for name in endpoints) == 2 + 20 + 5 + 5 + 10
        assert (source.client.day.limit, source.client.day.remaining) == (30000.0, 29000.0)


def test_an_id_cannot_become_a_path() -> None:
    assert PipedriveRequest(costs.DEAL, id="7/../8?x=1").path == "/api/v2/deals/7%2F..%2F8%3Fx%3D1"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"company_domain": "acme"}, "one of api_token, access_token, refresh_token"),
        (
            {"company_domain": "acme", "api_token": "a", "access_token": "b"},
            "one of api_token, access_token, refresh_token",
        ),
        ({"company_domain": "acme", "api_token": "a b"}, "api_token: holds characters"),
        ({"api_token": "a"}, "company_domain or base_url"),
        ({"api_token": "a", "company_domain": "acme", "base_url": "https://x.example"}, "company_domain or base_url"),
        ({"api_token": "a", "company_domain": "acme.pipedrive.com"}, "company_domain: expected only the first part"),
        ({"api_token": "a", "company_domain": "evil.example/"}, "company_domain: expected only the first part"),
        ({"api_token": "a", "base_url": "ftp://acme.example"}, "base_url: found"),
        ({"api_token": "a", "base_url": "https://me:pw@acme.example"}, "base_url: found"),
    ],
)
def test_options_that_cannot_be_are_refused_without_the_secret(options: dict[str, str], problem: str) -> None:
    with pytest.raises(RequestError, match=r".") as error:
        open_source(options, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert problem in str(error.value)
    assert "a b" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"company_domain": "Acme-2"}, "https://acme-2.pipedrive.com"),
        ({"base_url": "https://acme.pipedrive.com/"}, "https://acme.pipedrive.com"),
        ({"base_url": "https://acme.pipedrive.com/api/v2/"}, "https://acme.pipedrive.com"),
        ({"base_url": "http://127.0.0.1:9/pipedrive/api"}, "http://127.0.0.1:9/pipedrive"),
    ],
)
def test_both_versions_begin_below_one_address(options: dict[str, str], found: str) -> None:
    assert base_url(options) == found


async def test_names_are_read_once_in_five_minutes() -> None:
    async with pipedrive(Account()) as (source, server):
        await source.fetch(listing())
        await source.fetch(asking("pipelines"))
        assert len(server.to("/api/v1/users")) == 1


async def test_an_account_says_whose_it_is() -> None:
    async with pipedrive(Account()) as (source, _):
        assert await source.check() == "company 4711, as Ada Okafor"

"""Sentences that once said something else than what was wrong."""

from typing import Any

import pytest

from tests.sources.umami.account import PASSWORD, REPORT, Account, question, umami, unauthorized
from tests.support.scripted_http import Said
from worker.errors import RequestError, SourceError

AWAY = "the service failed (500) without a word, as Umami does when its database is away"


async def caught(account: Account, query: str = "goal", **params: Any) -> str:
    async with umami(account) as (source, _):
        with pytest.raises(SourceError) as error:
            await source.fetch(question(query, **params))
    return str(error.value)


async def test_a_login_that_fails_without_a_word_can_only_be_the_database() -> None:
    account = Account()
    account.instead["/auth/login"] = lambda _: Said(b"", 500)
    assert await caught(account) == f"POST /auth/login: {AWAY} (tried 3 times)"


async def test_performance_names_the_filters_that_it_cannot_answer() -> None:
    account = Account()
    account.instead["/reports/performance"] = lambda _: Said(b"", 500)
    told = await caught(account, "performance", filters={"os": "Mac OS"})
    assert "and, in version 3.1, for performance under a filter on the visitor" in told
    assert len(told) <= 300
    account.instead["/reports/utm"] = lambda _: Said(b"", 500)
    assert "performance" not in await caught(account, "utm")


@pytest.mark.parametrize("path", ["/websites", "/teams"])
async def test_a_list_that_is_refused_does_not_speak_of_one_website(path: str) -> None:
    account = Account()
    account.instead["/websites"] = lambda _: Said({"data": [], "count": 0, "page": 1, "pageSize": 100})
    account.instead[path] = lambda _: unauthorized()
    async with umami(account) as (source, _):
        with pytest.raises(SourceError) as error:
            await source.check()
    assert str(error.value) == f"GET {path}: not allowed (401): Umami does not accept this key or token"


@pytest.mark.parametrize("before", range(180, 206, 3))
@pytest.mark.parametrize("status", [400, 403])
async def test_a_secret_across_the_place_where_words_are_cut_is_not_shown_in_part(before: int, status: int) -> None:
    account = Account()
    account.instead["/reports/goal"] = lambda _: Said({"error": {"message": "x" * before + PASSWORD}}, status)
    assert PASSWORD[:4] not in await caught(account)


@pytest.mark.parametrize("verb", ["read", "update", "delete"])
async def test_what_is_no_uuid_is_not_asked_for(verb: str) -> None:
    async with umami(Account()) as (source, server):
        with pytest.raises(
            RequestError, match=r"^reports: 'abc' is no id: copy it from `funnelbeat source NAME reports`"
        ):
            await source.apply("reports", verb, "abc", {"name": "x"} if verb == "update" else {})
        assert server.asked == []


async def test_an_update_that_changes_nothing_is_not_written() -> None:
    async with umami(Account()) as (source, server):
        with pytest.raises(RequestError, match=r"^reports update: write at least one of name, description, parameters"):
            await source.apply("reports", "update", REPORT, {})
        assert server.asked == []

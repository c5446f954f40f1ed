"""Who asks: one login for all, a token that dies, a key, and websites of somebody else."""

import asyncio
from typing import Any

import pytest

from tests.sources.umami.account import (
    KEY,
    PASSWORD,
    QUICK,
    SITE,
    TOKEN,
    Account,
    Clock,
    question,
    umami,
    unauthorized,
)
from tests.support.scripted_http import Said, scripted
from worker.errors import SourceRefused, SourceShapeChanged
from worker.sources.umami import open_source

GOAL = "/api/reports/goal"


async def test_a_login_is_kept_for_everything_that_follows() -> None:
    account = Account()
    async with umami(account) as (source, server):
        for _ in range(3):
            await source.fetch(question("goal"))
        assert account.logins == 1
        assert {asked.headers["authorization"] for asked in server.to(GOAL)} == {f"Bearer {TOKEN}"}


async def test_a_token_that_died_is_replaced_once_and_the_question_asked_again() -> None:
    account = Account()
    async with umami(account) as (source, server):
        await source.fetch(question("goal"))
        account.tokens.clear()
        assert (await source.fetch(question("goal"))).snapshot.measures
        assert account.logins == 2
        assert [asked.headers["authorization"] for asked in server.to(GOAL)] == [
            f"Bearer {TOKEN}",
            f"Bearer {TOKEN}",
            f"Bearer {TOKEN}2",
        ]


async def test_many_questions_whose_token_died_log_in_once_together() -> None:
    account = Account()
    async with umami(account) as (source, _):
        await source.fetch(question("goal"))
        account.tokens.clear()
        await asyncio.gather(*(source.fetch(question(query)) for query in ("goal", "stats", "utm", "funnel") * 3))
        assert account.logins == 2


async def test_a_website_of_somebody_else_is_refused_after_one_new_login() -> None:
    account = Account()
    account.instead[f"/websites/{SITE}"] = lambda _: unauthorized()
    async with umami(account) as (source, server):
        with pytest.raises(SourceRefused) as error:
            await source.fetch(question("goal"))
        assert len(server.to(f"/api/websites/{SITE}")) == 2
    assert account.logins == 2
    assert str(error.value) == (
        "GET /websites/{id}: not allowed (401): this account may not see that website, or there is none; "
        "Umami says the same for a key or token that it does not accept"
    )


async def test_a_wrong_password_is_said_once_for_all_who_wait_and_asked_anew_next_time() -> None:
    account = Account()
    account.instead["/auth/login"] = lambda asked: (account.login(asked), unauthorized())[1]
    async with umami(account) as (source, _):
        found = await asyncio.gather(*(source.fetch(question("goal")) for _ in range(5)), return_exceptions=True)
        assert {str(error) for error in found} == {"POST /auth/login: the username or password was not accepted (401)"}
        assert account.logins == 1
        del account.instead["/auth/login"]
        assert (await source.fetch(question("goal"))).snapshot.measures


async def test_a_question_that_is_given_up_while_it_logs_in_takes_nobody_with_it() -> None:
    account = Account()

    async def late(asked: Any) -> Said:
        await asyncio.sleep(0.05)
        return account.login(asked)

    async with scripted(
        lambda asked: late(asked) if asked.path.endswith("/login") else account.answer(asked)
    ) as server:
        options = {"base_url": server.url, "username": "digest", "password": PASSWORD}
        source = open_source(options, clock=Clock(), tuning=QUICK)
        first = asyncio.create_task(source.fetch(question("goal")))
        second = asyncio.create_task(source.fetch(question("goal")))
        while not server.asked:  # noqa: ASYNC110  # the server tells nobody here that it was asked
            await asyncio.sleep(0.001)
        first.cancel()
        assert (await second).snapshot.measures
        assert account.logins == 1
        await source.aclose()


@pytest.mark.parametrize("token", [None, "", 7, "two words", "tök", "line\nbreak", ["x"]])
async def test_a_login_without_a_usable_token_is_said_without_repeating_it(token: Any) -> None:
    account = Account()
    account.instead["/auth/login"] = lambda _: Said({"token": token})
    async with umami(account) as (source, _):
        with pytest.raises(SourceShapeChanged) as error:
            await source.fetch(question("goal"))
    assert str(error.value) == (
        "POST /auth/login: token: expected a token, found something else (an account with a second factor?)"
    )


async def test_a_key_travels_with_every_request_and_is_never_renewed() -> None:
    account = Account()
    async with scripted(account.answer) as server:
        source = open_source({"base_url": f"{server.url}/api", "api_key": KEY}, clock=Clock(), tuning=QUICK)
        await source.fetch(question("goal"))
        assert {asked.headers["x-umami-api-key"] for asked in server.asked} == {KEY}
        account.instead["/reports/goal"] = lambda _: unauthorized()
        before = len(server.to(GOAL))
        with pytest.raises(SourceRefused, match="not allowed"):
            await source.fetch(question("goal"))
        assert len(server.to(GOAL)) == before + 1
        await source.aclose()
    assert account.logins == 0


async def test_a_source_that_is_closed_while_it_logs_in_leaves_nothing_running() -> None:
    account = Account()
    account.instead["/auth/login"] = lambda _: Said({"token": TOKEN}, after=30)
    async with scripted(account.answer) as server:
        options = {"base_url": server.url, "username": "digest", "password": PASSWORD}
        source = open_source(options, clock=Clock(), tuning=QUICK)
        waiting = asyncio.create_task(source.fetch(question("goal")))
        while not server.asked:  # noqa: ASYNC110  # the server tells nobody here that it was asked
            await asyncio.sleep(0.001)
        await source.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

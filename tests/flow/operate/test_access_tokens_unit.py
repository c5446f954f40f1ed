"""Tokens of the API and the console."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.fakes import HOUR, NOW, Audited, FixedClock, uses
from worker.domain.access import AccessToken, Actor, Door, TokenScope
from worker.errors import RequestError
from worker.flow.operate.access_tokens import actor_of, add_token, revoke_token

OPS = Actor(Door.CLI, "ops@host")


class Tokens:
    def __init__(self) -> None:
        self.held, self.noted = dict[str, AccessToken](), 0

    async def add(self, token: AccessToken) -> None:
        self.held[token.id] = token

    async def find(self, token_id: str) -> AccessToken | None:
        return self.held.get(token_id)

    async def note_use(self, token_id: str, at: datetime) -> None:
        self.held[token_id], self.noted = replace(self.held[token_id], used=at), self.noted + 1


class Listed(Tokens):
    async def all(self) -> tuple[AccessToken, ...]:
        return tuple(self.held.values())

    async def remove(self, token_id: str) -> bool:
        return self.held.pop(token_id, None) is not None


def parts(now: datetime = NOW) -> Any:
    return uses(access=Listed(), audit=Audited(), clock=FixedClock(now))


async def test_a_token_opens_the_door_to_what_it_allows() -> None:
    given = parts()
    token, written = await add_token(given, OPS, "ci", [TokenScope.READ])
    actor = await actor_of(given, written, Door.API)
    assert actor == Actor(Door.API, "ci", frozenset({TokenScope.READ}))
    assert (actor.may(TokenScope.READ), actor.may(TokenScope.MANAGE)) == (True, False)
    assert written not in repr(token)
    assert written.split("_", 2)[2] not in repr(given.access.held)


async def test_manage_allows_everything() -> None:
    given = parts()
    _, written = await add_token(given, OPS, "ops", [TokenScope.MANAGE])
    actor = await actor_of(given, written, Door.CONSOLE)
    assert actor is not None
    assert all(actor.may(scope) for scope in TokenScope)


async def test_the_use_is_noted_once_a_minute() -> None:
    given = parts()
    _, written = await add_token(given, OPS, "ci", [TokenScope.READ])
    for _ in range(3):
        await actor_of(given, written, Door.API)
    assert given.access.noted == 1


@pytest.mark.parametrize("change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda _: "fb_x", lambda _: ""])
async def test_a_wrong_token_opens_nothing(change: Any) -> None:
    given = parts()
    _, written = await add_token(given, OPS, "ci", [TokenScope.READ])
    assert await actor_of(given, change(written), Door.API) is None


async def test_an_expired_or_revoked_token_opens_nothing() -> None:
    given = parts()
    _, written = await add_token(given, OPS, "ci", [TokenScope.READ], expires=NOW + HOUR)
    given.clock.instant = NOW + HOUR
    assert await actor_of(given, written, Door.API) is None
    given.clock.instant = NOW
    assert (await revoke_token(given, OPS, "ci")).name == "ci"
    assert await actor_of(given, written, Door.API) is None


@pytest.mark.parametrize(
    ("name", "scopes", "more", "sentence"),
    [
        (" ", [TokenScope.READ], {}, "a token without a name"),
        ("ci", [], {}, "a token without a scope"),
        ("ci", [TokenScope.READ], {"expires": NOW}, "an end that has passed"),
        ("ann", [TokenScope.SUBSCRIBE], {}, "for one's own address"),
    ],
)
async def test_what_no_token_can_be_is_said(name: str, scopes: list[TokenScope], more: Any, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        await add_token(parts(), OPS, name, scopes, **more)


async def test_a_name_that_two_tokens_have_revokes_neither() -> None:
    given = parts()
    for _ in range(2):
        await add_token(given, OPS, "ci", [TokenScope.READ])
    with pytest.raises(RequestError, match="2 tokens have this name"):
        await revoke_token(given, OPS, "ci")
    with pytest.raises(RequestError, match="no token has this id or name"):
        await revoke_token(given, OPS, "nobody")
    assert len(given.access.held) == 2


async def test_what_was_done_stands_on_the_audit_list() -> None:
    given = parts()
    await add_token(given, OPS, "ci", [TokenScope.READ])
    await revoke_token(given, OPS, "ci")
    assert [(one.who, one.door, one.act) for one in given.audit.records] == [
        ("ops@host", Door.CLI, "tokens add"),
        ("ops@host", Door.CLI, "tokens revoke"),
    ]

"""Mail by an access token: real sockets, a mail server with TLS, a token endpoint, a real Redis."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.channels.email.test_channel import hand_over
from tests.support.scripted_http import Said
from tests.support.smtp_server import BearerLogins, MailRoom, mail_room, tls_of_client
from tests.support.token_endpoint import CLIENT, PADDING, REFRESH, SECRET, TokenEndpoint, token_endpoint
from worker.adapters.oauth_answer import LONGEST
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.connection import connect
from worker.adapters.redis_store.tokens import RedisTokens
from worker.channels.email.channel import EmailChannel, open_email
from worker.errors import DeliveryDeferred, DeliveryError, DeliveryRefused
from worker.ports.tokens import Renewal, Tokens, TokenStore

KEY = base64.b64encode(b"k" * 32).decode()


class Wall:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def store(redis: EmbeddedRedis) -> AsyncIterator[RedisTokens]:
    client = connect(redis.url)
    try:
        yield RedisTokens(client, "acme", "mail", KEY)
    finally:
        await client.aclose()


def options(endpoint: TokenEndpoint, room: MailRoom, *, refresh: str = "", secret: str = SECRET) -> dict[str, str]:
    given = {"oauth.token_url": endpoint.url, "oauth.client_id": CLIENT, "oauth.client_secret": secret}
    given |= {"oauth.refresh_token": refresh} if refresh else {"oauth.scope": "https://mail.example/.default"}
    return {"url": f"smtp://reports%40acme.example@localhost:{room.port}", "from": "P <reports@acme.example>", **given}


@asynccontextmanager
async def opened(
    given: dict[str, str], kept: TokenStore | None = None, wall: Wall | None = None
) -> AsyncIterator[EmailChannel]:
    channel = open_email(given, Renewal(dict, kept), wall or Wall(), tls=tls_of_client())
    try:
        yield channel
    finally:
        await channel.aclose()


@asynccontextmanager
async def both(*offered: str) -> AsyncIterator[tuple[TokenEndpoint, BearerLogins, MailRoom]]:
    async with token_endpoint() as endpoint:
        logins = BearerLogins(endpoint.valid, offered=offered or ("XOAUTH2",))
        async with mail_room(starttls=True, bearer=logins) as room:
            yield endpoint, logins, room


async def test_an_app_logs_in_with_a_token_for_its_own_credentials() -> None:
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        await hand_over(mail)
        await hand_over(mail)
        assert "reports@acme.example" in await mail.check(())
    assert len(room.accepted) == 2
    assert logins.responses == [b"user=reports@acme.example\1auth=Bearer ya29.0\1\1"] * 2, "`check` connects anew"
    assert endpoint.forms == [
        {
            "grant_type": "client_credentials",
            "scope": "https://mail.example/.default",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
    ]


async def test_a_user_logs_in_with_a_token_for_a_refresh_token(empty_redis: EmbeddedRedis) -> None:
    async with both() as (endpoint, _, room), store(empty_redis) as kept:
        async with opened(options(endpoint, room, refresh=REFRESH), kept) as mail:
            await hand_over(mail)
        assert [form["grant_type"] for form in endpoint.forms] == ["refresh_token"]
        held = await kept.load()
    assert held is not None
    assert (held.access, held.refresh) == ("ya29.0", REFRESH)


async def test_oauthbearer_is_used_where_the_server_offers_that_alone() -> None:
    async with both("OAUTHBEARER") as (endpoint, logins, room):
        logins.user = "re=2Cpo=3Drts"
        given = {**options(endpoint, room), "url": f"smtp://re%2Cpo%3Drts@localhost:{room.port}"}
        async with opened(given) as mail:
            await hand_over(mail)
    port = b"%d" % room.port
    assert logins.responses == [b"n,a=re=2Cpo=3Drts,\1host=localhost\1port=" + port + b"\1auth=Bearer ya29.0\1\1"]


async def test_both_offered_xoauth2_is_used() -> None:
    async with both("OAUTHBEARER", "XOAUTH2") as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        await hand_over(mail)
    assert logins.responses[0].startswith(b"user=")


@pytest.mark.parametrize("offered", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_long_token_is_sent_after_the_server_has_asked(offered: str) -> None:
    """A command has at most 512 bytes (RFC 5321), and a response in a login 12288 (RFC 4954)."""
    async with both(offered) as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        endpoint.long = True
        await hand_over(mail)
    assert logins.shown == [f"ya29.0{PADDING}"]
    assert logins.initial == [False]


async def test_a_server_that_takes_no_token_is_told_from_one_that_refuses_it() -> None:
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(token_endpoint())
        room = await stack.enter_async_context(mail_room(starttls=True, login=True))
        mail = await stack.enter_async_context(opened(options(endpoint, room)))
        with pytest.raises(DeliveryRefused, match=r"neither XOAUTH2 nor OAUTHBEARER\); it offers LOGIN, PLAIN") as told:
            await hand_over(mail)
    assert told.value.suspend == "channel"


async def test_no_token_travels_over_a_connection_in_the_clear() -> None:
    async with token_endpoint() as endpoint:
        logins = BearerLogins(endpoint.valid)
        async with mail_room(bearer=logins) as room, opened(options(endpoint, room)) as mail:
            with pytest.raises(DeliveryRefused, match="tls"):
                await hand_over(mail)
        assert logins.shown == []


async def test_this_machine_may_be_asked_without_tls_as_with_a_password() -> None:
    async with token_endpoint() as endpoint:
        logins = BearerLogins(endpoint.valid)
        async with mail_room(bearer=logins) as room:
            url = f"smtp://reports%40acme.example@127.0.0.1:{room.port}?tls=never"
            async with opened({**options(endpoint, room), "url": url}) as mail:
                await hand_over(mail)
    assert logins.shown == ["ya29.0"]


async def test_a_token_is_renewed_before_it_ends() -> None:
    wall = Wall()
    async with both() as (endpoint, logins, room), opened(options(endpoint, room), wall=wall) as mail:
        for _ in range(3):
            await mail.check(())
        wall.now += timedelta(seconds=3600 - 61)
        await mail.check(())
        assert set(logins.shown) == {"ya29.0"}
        wall.now += timedelta(seconds=2)
        await mail.check(())
        assert logins.shown[-1] == "ya29.1"
    assert endpoint.granted == ["ya29.0", "ya29.1"]


@pytest.mark.parametrize("offered", ["XOAUTH2", "OAUTHBEARER"])
async def test_a_token_that_was_withdrawn_is_renewed_once_and_the_message_leaves(offered: str) -> None:
    async with both(offered) as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        await mail.check(())
        room.drop_all()
        endpoint.good.clear()
        await hand_over(mail)
    assert logins.shown == ["ya29.0", "ya29.0", "ya29.1"]
    assert logins.dismissed == [b"" if offered == "XOAUTH2" else base64.b64encode(b"\1")]
    assert len(room.accepted) == 1


async def test_a_refusal_without_a_challenge_counts_as_well() -> None:
    """Exchange answers 535 at once."""
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        logins.replies = ["535 5.7.3 Authentication unsuccessful"]
        await hand_over(mail)
    assert logins.shown == ["ya29.0", "ya29.1"]


async def test_a_token_that_is_refused_again_ends_the_try_and_the_servers_words_are_told() -> None:
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        logins.user = "somebody@else.example"
        with pytest.raises(DeliveryRefused) as told:
            await hand_over(mail)
    assert logins.shown == ["ya29.0", "ya29.1"]
    assert (told.value.suspend, told.value.code) == ("channel", "535 5.7.8")
    assert told.value.problem == "535 5.7.8 auth: no: *** (status 400, scope mail.all)"


@pytest.mark.parametrize("reply", ["454 4.7.0 Temporary authentication failure", "421 4.3.2 closing"])
async def test_a_server_that_cannot_judge_now_costs_no_token(reply: str) -> None:
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        logins.replies = [reply]
        with pytest.raises(DeliveryDeferred):
            await hand_over(mail)
    assert len(endpoint.granted) == 1


@pytest.mark.parametrize("reply", ["530 5.7.57 Client not authenticated to send mail", "535 5.7.3 token has expired"])
async def test_a_kept_connection_whose_token_has_ended_is_replaced(reply: str) -> None:
    async with both() as (endpoint, _, room), opened(options(endpoint, room)) as mail:
        await hand_over(mail)
        room.replies["mail"] = [reply]
        await hand_over(mail)
    assert (len(room.accepted), room.connections) == (2, 2)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(b"<html>", 503), "the token endpoint at 127.0.0.1: the access token could not be renewed (503)"),
        (Said(b"", 429), "(429)"),
        (Said(b"", 404), "(404)"),
        (Said(b"<html>login</html>"), "the token endpoint at 127.0.0.1: the answer holds no access token"),
        (Said({"access_token": "two words"}), "holds no access token"),
        (Said({"access_token": "a\1auth=Bearer b"}), "holds no access token"),
        (Said({"access_token": ["x"]}), "holds no access token"),
        (Said({"access_token": "x" * (LONGEST + 1)}), "holds no access token"),
        (Said([1]), "holds no access token"),
        (Said({"error": "temporarily_unavailable"}, 400), "(400)"),
        (Said({}, cut=1), "broke"),
    ],
)
async def test_an_endpoint_that_gives_no_token_now_is_asked_again_later(said: Said, words: str) -> None:
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        endpoint.replies = [said]
        with pytest.raises(DeliveryDeferred) as told:
            await hand_over(mail)
        assert words in told.value.problem
        assert logins.shown == []
        await hand_over(mail)
    assert len(room.accepted) == 1


async def test_an_endpoint_that_nobody_listens_at_is_asked_again_later() -> None:
    async with both() as (endpoint, _, room):
        given = {**options(endpoint, room), "oauth.token_url": "http://127.0.0.1:1/token"}
        async with opened(given) as mail:
            with pytest.raises(DeliveryDeferred, match=r"the token endpoint at 127\.0\.0\.1: could not connect"):
                await hand_over(mail)
    assert room.connections == 0


async def test_an_endpoint_that_says_nothing_is_waited_for_once_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, they would outlast the time that a delivery has, and be unclear."""
    monkeypatch.setattr("worker.adapters.oauth_tokens.TIMEOUT", 0.3)
    async with both() as (endpoint, _, room), opened(options(endpoint, room)) as mail:
        endpoint.replies = [Said({}, after=60.0)]
        failed = await asyncio.gather(*(hand_over(mail) for _ in range(4)), return_exceptions=True)
        assert len(endpoint.forms) == 1
        await hand_over(mail)
    assert [(type(one), one.silent) for one in failed if isinstance(one, DeliveryError)] == [
        (DeliveryDeferred, True)
    ] * 4
    assert len(room.accepted) == 1


async def test_a_token_that_comes_late_serves_the_next_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.adapters.sasl_oauth.LONGEST", 0.2)
    async with both() as (endpoint, _, room), opened(options(endpoint, room)) as mail:
        endpoint.after = 1.0
        with pytest.raises(DeliveryDeferred, match="no access token came within") as told:
            await hand_over(mail)
        assert told.value.silent
        monkeypatch.setattr("worker.adapters.sasl_oauth.LONGEST", 20.0)
        await hand_over(mail)
    assert endpoint.granted == ["ya29.0"]


async def test_a_wrong_secret_stops_the_channel_with_one_sentence() -> None:
    """As a wrong password does. What it says is the same every time, and holds nothing secret."""
    async with both() as (endpoint, _, room), opened(options(endpoint, room, secret="hush-hush")) as mail:  # a test's
        for _ in range(2):
            with pytest.raises(DeliveryRefused) as told:
                await hand_over(mail)
            assert told.value.suspend == "channel"
            assert told.value.problem == (
                "535 auth: the token endpoint at 127.0.0.1: client_id or client_secret was not accepted "
                "(invalid_client, AADSTS7000215): check both, and whether the secret has expired"
            )
    assert room.connections == 0


async def test_a_refresh_token_that_no_request_can_hold_is_not_kept(empty_redis: EmbeddedRedis) -> None:
    wall = Wall()
    odd = b'{"access_token": "ya29.odd", "expires_in": 3600, "refresh_token": "half \\ud800"}'
    async with both() as (endpoint, _, room), store(empty_redis) as kept:
        endpoint.replies, endpoint.good = [Said(odd)], {"ya29.odd"}
        async with opened(options(endpoint, room, refresh=REFRESH), kept, wall) as mail:
            await hand_over(mail)
            room.drop_all()
            wall.now += timedelta(hours=2)
            await hand_over(mail)
    assert [form["refresh_token"] for form in endpoint.forms] == [REFRESH, REFRESH]


async def test_a_number_of_an_error_that_is_none_is_not_repeated() -> None:
    numbers = [10**4000, 7000215]
    async with both() as (endpoint, _, room), opened(options(endpoint, room)) as mail:
        endpoint.replies = [Said({"error": "invalid_client", "error_codes": numbers}, 401)]
        with pytest.raises(DeliveryRefused, match=r"\(invalid_client, AADSTS7000215\)"):
            await hand_over(mail)


async def test_a_refresh_token_that_was_withdrawn_stops_the_channel(empty_redis: EmbeddedRedis) -> None:
    async with both() as (endpoint, _, room), store(empty_redis) as kept:
        given = options(endpoint, room, refresh="1//stolen-token")
        async with opened(given, kept) as mail:
            for _ in range(2):
                with pytest.raises(DeliveryRefused, match=r"not accepted \(invalid_grant\): authorize") as told:
                    await hand_over(mail)
                assert "stolen" not in str(told.value)
                assert told.value.suspend == "channel"


async def test_a_rotated_refresh_token_is_kept_for_the_next_worker(empty_redis: EmbeddedRedis) -> None:
    wall = Wall()
    async with both() as (endpoint, logins, room), store(empty_redis) as kept:
        endpoint.rotates = True
        given = options(endpoint, room, refresh=REFRESH)
        for _ in range(3):
            async with opened(given, kept, wall) as mail:
                await hand_over(mail)
            wall.now += timedelta(hours=1)
        assert [form["refresh_token"] for form in endpoint.forms] == [REFRESH, "1//refresh-1", "1//refresh-2"]
        held = await kept.load()
        assert held is not None
        assert held.refresh == "1//refresh-3"
    assert logins.shown == ["ya29.0", "ya29.1", "ya29.2"]


@pytest.mark.parametrize("refresh", ["", REFRESH])
async def test_many_workers_that_need_a_token_at_once_ask_once(empty_redis: EmbeddedRedis, refresh: str) -> None:
    async with both() as (endpoint, logins, room), AsyncExitStack() as stack:
        endpoint.rotates, endpoint.after = True, 0.3
        mails = []
        for _ in range(5):
            kept = await stack.enter_async_context(store(empty_redis))
            mails.append(await stack.enter_async_context(opened(options(endpoint, room, refresh=refresh), kept)))
        await asyncio.gather(*(hand_over(mail) for mail in mails))
        assert endpoint.granted == ["ya29.0"]
        room.drop_all()
        endpoint.good.clear()
        await asyncio.gather(*(mail.check(()) for mail in mails))
        assert endpoint.granted == ["ya29.0", "ya29.1"], "one renewal for all who were refused"
    assert len(room.accepted) == 5
    assert set(logins.shown) == {"ya29.0", "ya29.1"}


@pytest.mark.parametrize("lasts", [None, "3599", -1, 0, True, "soon", [], "1e400"])
async def test_a_lifetime_in_any_form_is_read_or_taken_as_an_hour(lasts: object) -> None:
    wall = Wall()
    async with both() as (endpoint, _, room), opened(options(endpoint, room), wall=wall) as mail:
        endpoint.lasts = lasts
        await mail.check(())
        wall.now += timedelta(minutes=58)
        await mail.check(())
        assert len(endpoint.granted) == 1
        wall.now += timedelta(minutes=2)
        await mail.check(())
        assert len(endpoint.granted) == 2


async def test_a_token_that_lasts_less_than_the_margin_is_used_all_the_same() -> None:
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        endpoint.lasts = 5
        await mail.check(())
        await hand_over(mail)
    assert logins.shown[0] == "ya29.0"


async def test_a_redis_that_is_away_defers_the_message(empty_redis: EmbeddedRedis) -> None:
    async with both() as (endpoint, _, room):
        kept = RedisTokens(connect("redis://127.0.0.1:1/0"), "acme", "mail", KEY)
        async with opened(options(endpoint, room), kept) as mail:
            with pytest.raises(DeliveryDeferred, match="Redis"):
                await hand_over(mail)
    assert endpoint.forms == []


async def test_tokens_under_another_key_defer_the_message_and_are_not_spent(empty_redis: EmbeddedRedis) -> None:
    async with both() as (endpoint, _, room), store(empty_redis) as kept:
        await kept.save(Tokens("a", "r", 0.0, "s"), await kept.begin())
        client = connect(empty_redis.url)
        other = RedisTokens(client, "acme", "mail", base64.b64encode(b"o" * 32).decode())
        async with opened(options(endpoint, room, refresh=REFRESH), other) as mail:
            with pytest.raises(DeliveryDeferred, match="another key"):
                await hand_over(mail)
        await client.aclose()
    assert endpoint.forms == []


async def test_a_refresh_token_needs_the_key_that_keeps_renewed_ones() -> None:
    async with both() as (endpoint, _, room), opened(options(endpoint, room, refresh=REFRESH)) as mail:
        with pytest.raises(DeliveryDeferred, match="refresh_token needs FUNNELBEAT_TOKEN_KEY"):
            await hand_over(mail)
    assert endpoint.forms == []


async def test_a_public_client_has_no_secret_to_send(empty_redis: EmbeddedRedis) -> None:
    async with both() as (endpoint, _, room), store(empty_redis) as kept:
        given = options(endpoint, room, refresh=REFRESH)
        del given["oauth.client_secret"]
        async with opened(given, kept) as mail:
            with pytest.raises(DeliveryError):
                await hand_over(mail)
    assert "client_secret" not in endpoint.forms[0]


async def test_no_secret_is_in_a_word_of_the_server() -> None:
    """In the clear, in base64 as it was sent, in the challenge, and across lines."""
    async with both() as (endpoint, logins, room), opened(options(endpoint, room)) as mail:
        response = b"user=reports@acme.example\1auth=Bearer ya29.0\1\1"
        logins.replies = [f"554 5.7.0 you sent {base64.b64encode(response).decode()} with ya29.0 and {SECRET}"]
        with pytest.raises(DeliveryRefused) as told:
            await hand_over(mail)
    assert "ya29" not in str(told.value)
    assert base64.b64encode(b"Bearer ya29").decode()[8:-4] not in str(told.value)
    assert SECRET not in str(told.value)
    assert "ya29" not in repr(mail)

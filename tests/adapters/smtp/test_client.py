import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Any

import pytest
from aiosmtplib import SMTP

from tests.support import smtp_server
from tests.support.smtp_server import BREAK, NEXT, POSTFIX, SILENCE, MailRoom, tls_of_client
from worker.adapters.smtp.client import WAITS, Mailer
from worker.adapters.smtp.connection_limit import ConnectionLimit
from worker.adapters.smtp.failure import MailFailure
from worker.adapters.smtp.in_turn import CommandsInTurn
from worker.adapters.smtp.server import SmtpServer, parse_url
from worker.adapters.smtp.transaction import Mail, SentMail
from worker.adapters.smtp.waits import Waits
from worker.flow.intervals import Intervals
from worker.flow.run.hand_over import OF_THE_LEASE

MESSAGE = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"
FROM, TO = "reports@acme.example", "sales@acme.example"


OpenRoom = Callable[..., AbstractAsyncContextManager[MailRoom]]


@pytest.fixture(params=[False, True], ids=["one by one", "pipelined"])
def mail_room(request: pytest.FixtureRequest) -> OpenRoom:
    """A server that takes commands one by one, and one that takes several at once."""
    return partial(smtp_server.mail_room, pipelining=request.param)


def plain(port: int) -> SmtpServer:
    return SmtpServer("127.0.0.1", port, "", "never")


async def test_a_message_arrives_unchanged_and_the_servers_words_come_back(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        assert "queued as 4F1A7" in (await mailer.send(FROM, TO, MESSAGE)).text
        await mailer.aclose()
    assert room.accepted == [(FROM, TO, MESSAGE)]


async def test_one_connection_serves_many_messages(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        for _ in range(5):
            await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (len(room.accepted), room.connections) == (5, 1)


async def test_never_more_connections_than_allowed(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port), limit=ConnectionLimit(3))
        await asyncio.gather(*(mailer.send(FROM, TO, MESSAGE) for _ in range(20)))
        await mailer.aclose()
    assert len(room.accepted) == 20
    assert room.connections <= 3


async def test_a_kept_connection_that_the_server_closed_is_replaced(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        await mailer.send(FROM, TO, MESSAGE)
        room.drop_all()
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (len(room.accepted), room.connections) == (2, 2)


async def test_a_server_that_wants_no_more_on_this_connection_gets_a_new_one(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        await mailer.send(FROM, TO, MESSAGE)
        room.replies["mail"] = ["421 4.7.0 too many messages on this connection"]
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (len(room.accepted), room.connections) == (2, 2)


async def test_a_refused_recipient_leaves_the_connection_fit_for_the_next(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.replies["rcpt"] = ["550 5.1.1 no such user"]
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, "ghost@acme.example", MESSAGE)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    failure = caught.value
    assert (failure.phase, failure.code, failure.enhanced, failure.unclear) == ("rcpt", 550, "5.1.1", False)
    assert room.connections == 1


@pytest.mark.parametrize("trouble", [BREAK, SILENCE])
async def test_what_breaks_after_the_message_was_sent_is_unclear(mail_room: OpenRoom, trouble: str) -> None:
    async with mail_room() as room:
        room.replies["data"] = [trouble]
        mailer = Mailer(plain(room.port), waits=Waits(message=0.2))
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert caught.value.unclear
    assert len(room.accepted) == 1


@pytest.mark.parametrize(("step", "unclear"), [("mail", False), ("rcpt", False), ("data", True)])
async def test_a_server_that_says_nothing_in_a_step_is_told_from_one_that_breaks_off(
    mail_room: OpenRoom, step: str, unclear: bool
) -> None:
    failures = []
    for trouble in (SILENCE, BREAK):
        async with mail_room() as room:
            room.replies[step] = [trouble]
            mailer = Mailer(plain(room.port), waits=Waits(reply=0.2, message=0.2))
            with pytest.raises(MailFailure) as caught:
                await mailer.send(FROM, TO, MESSAGE)
            await mailer.aclose()
        failures.append(caught.value)
    assert [(failure.silent, failure.unclear) for failure in failures] == [(True, unclear), (False, unclear)]


async def test_a_server_that_takes_a_connection_and_greets_nobody_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mailer = Mailer(plain(mute.getsockname()[1]), waits=Waits(reply=0.2))
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.silent, caught.value.unclear) == ("connect", True, False)


async def test_a_message_that_waits_too_long_for_a_connection_is_surely_not_sent(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.replies["data"] = [SILENCE]
        mailer = Mailer(plain(room.port), limit=ConnectionLimit(1, queueing=0.05))
        stuck = asyncio.create_task(mailer.send(FROM, TO, MESSAGE))
        await room.reached.wait()
        with pytest.raises(MailFailure, match="busy") as caught:
            await mailer.send(FROM, TO, MESSAGE)
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
    assert (caught.value.code, caught.value.unclear, caught.value.silent, room.begun) == (0, False, True, 1)


@pytest.mark.parametrize("step", ["mail", "rcpt"])
async def test_what_breaks_before_the_message_was_sent_is_clear(mail_room: OpenRoom, step: str) -> None:
    async with mail_room() as room:
        room.replies[step] = [BREAK]
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code, caught.value.unclear) == (step, 0, False)
    assert room.accepted == []


async def test_a_cancelled_send_does_not_hand_its_connection_to_the_next(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.replies["rcpt"] = [SILENCE]
        mailer = Mailer(plain(room.port), limit=ConnectionLimit(1))
        task = asyncio.create_task(mailer.send(FROM, TO, MESSAGE))
        await room.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (len(room.accepted), room.connections) == (1, 2)


async def test_nobody_listening_is_a_failure_to_connect(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        port = room.port
    with pytest.raises(MailFailure) as caught:
        await Mailer(plain(port)).send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code, caught.value.unclear) == ("connect", 0, False)


async def test_starttls_and_a_login_are_used(mail_room: OpenRoom) -> None:
    async with mail_room(starttls=True, login=True) as room:
        server = SmtpServer("localhost", room.port, "reports", "starttls")
        mailer = Mailer(server, "open sesame", tls=tls_of_client())
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert room.accepted == [(FROM, TO, MESSAGE)]


async def test_implicit_tls_is_used(mail_room: OpenRoom) -> None:
    async with mail_room(implicit=True) as room:
        mailer = Mailer(SmtpServer("localhost", room.port, "", "implicit"), tls=tls_of_client())
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert len(room.accepted) == 1


async def test_a_stripped_starttls_offer_never_means_clear_text(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(SmtpServer("localhost", room.port, "reports", "starttls"), "open sesame", tls=tls_of_client())
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code) == ("tls", 504)
    assert room.accepted == []


@pytest.mark.parametrize(("tls", "options"), [("starttls", {"starttls": True}), ("implicit", {"implicit": True})])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    mail_room: OpenRoom, tls: str, options: dict[str, Any]
) -> None:
    async with mail_room(**options) as room:
        mailer = Mailer(SmtpServer("localhost", room.port, "", tls), tls=ssl.create_default_context())
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code) == ("tls", 554)


async def test_a_wrong_password_is_told_without_being_shown(mail_room: OpenRoom) -> None:
    async with mail_room(starttls=True, login=True) as room:
        mailer = Mailer(SmtpServer("localhost", room.port, "reports", "starttls"), "let me in", tls=tls_of_client())
        with pytest.raises(MailFailure) as caught:
            await mailer.send(FROM, TO, MESSAGE)
    assert (caught.value.phase, caught.value.code) == ("auth", 535)
    assert "let me in" not in str(caught.value)


async def test_a_local_part_beyond_ascii_needs_a_server_that_takes_it(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        await mailer.send(FROM, "jörg@acme.example", MESSAGE, smtputf8=True)
        await mailer.aclose()
    assert room.accepted[0][1] == "jörg@acme.example"
    async with mail_room(smtputf8=False) as room:
        with pytest.raises(MailFailure) as caught:
            await Mailer(plain(room.port)).send(FROM, "jörg@acme.example", MESSAGE, smtputf8=True)
    assert (caught.value.phase, caught.value.code) == ("rcpt", 553)


@pytest.mark.parametrize(
    ("sender", "recipient", "phase"), [("été@acme.example", TO, "mail"), (FROM, "jörg@acme.example", "rcpt")]
)
async def test_an_address_that_cannot_be_written_is_refused_before_the_first_byte(
    mail_room: OpenRoom, sender: str, recipient: str, phase: str
) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port), limit=ConnectionLimit(1))
        with pytest.raises(MailFailure) as caught:
            await mailer.send(sender, recipient, MESSAGE)
        await mailer.send(FROM, TO, MESSAGE)
        await mailer.aclose()
    assert (caught.value.phase, caught.value.code, caught.value.unclear) == (phase, 553, False)
    assert len(room.accepted) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://reports@smtp.acme.example", SmtpServer("smtp.acme.example", 587, "reports", "starttls")),
        ("smtps://re%40ports@smtp.acme.example:4650", SmtpServer("smtp.acme.example", 4650, "re@ports", "implicit")),
        ("smtp://localhost:2525?tls=never", SmtpServer("localhost", 2525, "", "never")),
        ("smtp://[::1]:25/?tls=never", SmtpServer("::1", 25, "", "never")),
    ],
)
def test_a_url_says_where_and_how(url: str, expected: SmtpServer) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://acme.example", "expected smtp://"),
        ("smtp://", "expected smtp://"),
        ("smtp://u:hunter2@smtp.acme.example", "password:"),
        ("smtp://smtp.acme.example?tls=never", "only"),
        ("smtp://10.0.0.7?tls=never", "only"),
        ("smtp://localhost?tls=maybe", "?tls=never"),
        ("smtp://localhost?tls=never&x=1", "?tls=never"),
        ("smtps://localhost?tls=never", "one of them"),
        ("smtp://localhost/path", "?tls=never"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        parse_url(url)
    assert "hunter2" not in str(caught.value)


COPIES = ("boss@acme.example", "chief@acme.example")


async def test_copies_are_recipients_of_the_one_message(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (room.recipients, room.begun) == ([[TO, *COPIES]], 1)
    assert (sent.text, sent.refused) == ("2.0.0 queued as 4F1A7", ())


async def test_a_refused_copy_is_told_and_the_others_get_the_message(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.replies["rcpt"] = ["250 OK", "550 5.1.1 no such user", "250 OK"]
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert room.recipients == [[TO, COPIES[1]]]
    assert [(copy, why.code, why.enhanced) for copy, why in sent.refused] == [(COPIES[0], 550, "5.1.1")]


async def test_nobody_gets_a_message_that_is_refused_to_its_reader(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.replies["rcpt"] = ["450 4.2.0 greylisted"]
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (failure.value.phase, failure.value.code, failure.value.unclear) == ("rcpt", 450, False)
    assert (room.recipients, room.connections) == ([[TO, *COPIES]], 1)


ENDS = [BREAK, "421 4.3.2 shutting down"]


@pytest.mark.parametrize("reply", ENDS)
async def test_a_connection_that_ends_at_a_copy_has_sent_nothing_and_all_are_asked_for_again(
    mail_room: OpenRoom, reply: str
) -> None:
    async with mail_room() as room:
        room.replies["rcpt"] = ["250 OK", reply]
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (room.recipients, len(room.accepted), sent.refused) == ([[TO, *COPIES]], 1, ())


@pytest.mark.parametrize("reply", ENDS)
async def test_a_copy_at_which_the_server_ends_every_connection_does_not_hold_up_the_others(
    mail_room: OpenRoom, reply: str
) -> None:
    """Nobody was refused before."""
    async with mail_room() as room:
        room.ends_at = {COPIES[0]: reply}
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (room.recipients, room.connections) == ([[TO, COPIES[1]]], 3)
    assert [(copy, why.code) for copy, why in sent.refused] == [(COPIES[0], 0 if reply == BREAK else 421)]


async def test_a_server_that_ends_every_connection_at_a_copy_has_each_at_most_once_left_out(
    mail_room: OpenRoom,
) -> None:
    async with mail_room() as room:
        room.ends_at, room.dead = dict.fromkeys(MANY[1:], ENDS[1]), {MANY[0]}
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=(*MANY, COPIES[0]))
        await mailer.aclose()
    assert room.recipients == [[TO, COPIES[0]]]
    assert {copy for copy, _ in sent.refused} == set(MANY)
    assert room.connections <= len(MANY) + 2


@pytest.mark.parametrize("reply", ENDS)
async def test_a_server_that_goes_down_while_it_is_asked_for_a_copy_defers_the_message_to_all(
    mail_room: OpenRoom, reply: str
) -> None:
    async with mail_room() as room:
        room.replies["rcpt"], room.replies["mail"] = ["250 OK", reply], ["250 OK", "421 4.3.2 shutting down"]
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (failure.value.code, failure.value.unclear, failure.value.refused, room.accepted) == (421, False, (), [])


MANY = tuple(f"gone.{number}@acme.example" for number in range(20))


async def test_a_copy_about_which_the_server_says_nothing_does_not_hold_up_the_others(mail_room: OpenRoom) -> None:
    """Nothing was sent before, so that the next connection may send all of it."""
    async with mail_room() as room:
        room.ends_at = {COPIES[0]: SILENCE}
        mailer = Mailer(plain(room.port), waits=Waits(copy=1.0))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (room.recipients, room.begun, room.connections) == ([[TO, COPIES[1]]], 1, 2)
    assert [(copy, why.code, why.text) for copy, why in sent.refused] == [(COPIES[0], 0, "no reply came in time")]


async def test_a_server_that_says_nothing_about_two_copies_is_asked_only_for_those_that_it_took(
    mail_room: OpenRoom,
) -> None:
    """The reader's mail does not wait for each of many silences."""
    async with mail_room() as room:
        room.ends_at = dict.fromkeys(MANY[1:], SILENCE)
        mailer = Mailer(plain(room.port), waits=Waits(copy=1.0))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=(COPIES[0], *MANY, COPIES[1]))
        await mailer.aclose()
    assert (room.recipients, room.connections) == ([[TO, COPIES[0], MANY[0]]], 3)
    assert [copy for copy, _ in sent.refused] == [*MANY[1:], COPIES[1]]
    assert {why.text for _, why in sent.refused[2:]} == {
        "left out, because the server gave no reply about two other copies"
    }


async def test_a_server_that_falls_silent_at_a_copy_and_then_altogether_defers_the_message_to_all(
    mail_room: OpenRoom,
) -> None:
    async with mail_room() as room:
        room.ends_at, room.replies["mail"] = {COPIES[0]: SILENCE}, ["250 OK", SILENCE]
        mailer = Mailer(plain(room.port), waits=Waits(reply=1.0, copy=0.2))
        with pytest.raises(MailFailure) as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        room.ends_at = {}
        sent = await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (failure.value.silent, failure.value.unclear) == (True, False)
    assert (room.recipients, sent.refused) == ([[TO, *COPIES]], ())


@pytest.mark.parametrize("dead", [{COPIES[0]}, set()])
async def test_a_server_that_has_not_asked_for_the_message_in_time_has_surely_not_got_it(
    mail_room: OpenRoom, dead: set[str]
) -> None:
    async with mail_room() as room:
        room.dead, room.ends_at = dead, {COPIES[1]: SILENCE}
        mailer = Mailer(plain(room.port), waits=Waits(opening=0.2))
        with pytest.raises(MailFailure, match="did not ask for the message within 0 seconds") as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert (failure.value.silent, failure.value.unclear, room.accepted) == (True, False, [])


async def begin(begun: Callable[[], None]) -> None:
    begun()
    await asyncio.sleep(0)


async def begin_too_late(begun: Callable[[], None]) -> None:
    """Python 3.11 may end a wait with a reply although it was cancelled."""
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    begun()


def with_no_time_to_open(step: Callable[[Callable[[], None]], Awaitable[None]]) -> Mailer:
    """A mailer with a kept connection that takes `step` in each transaction."""

    class Kept(CommandsInTurn):
        async def transaction(self, mail: Mail, begun: Callable[[], None]) -> SentMail:
            await step(begun)
            return SentMail(" ".join(mail.recipients))

    mailer = Mailer(plain(9), waits=Waits(opening=0.0))
    mailer._idle.append(Kept(SMTP(), (), WAITS))
    return mailer


async def test_a_message_on_its_way_has_more_time_than_the_server_had_to_ask_for_it() -> None:
    assert (await with_no_time_to_open(begin).send(FROM, TO, MESSAGE)).text == TO


async def test_a_message_that_is_asked_for_too_late_does_not_leave() -> None:
    with pytest.raises(MailFailure, match="did not ask for the message") as failure:
        await with_no_time_to_open(begin_too_late).send(FROM, TO, MESSAGE)
    assert (failure.value.silent, failure.value.unclear) == (True, False)


def test_a_worker_waits_longer_than_a_server_has_to_ask_for_a_message() -> None:
    """Otherwise the delivery of a mail that was surely not sent would be unknown."""
    assert Intervals().delivery_lease * OF_THE_LEASE > WAITS.opening > 2 * WAITS.copy


@pytest.mark.parametrize("gives_up", [POSTFIX, NEXT, BREAK])
@pytest.mark.parametrize("most_errors", [1, 7, 20])
async def test_a_server_that_gives_up_over_dead_copies_is_asked_again_without_them(
    mail_room: OpenRoom, most_errors: int, gives_up: str
) -> None:
    """One copy is alive, and stands behind all others."""
    async with mail_room() as room:
        room.dead, room.most_errors, room.gives_up = set(MANY), most_errors, gives_up
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=(*MANY, COPIES[0]))
        await mailer.aclose()
    assert (room.recipients, room.accepted) == ([[TO, COPIES[0]]], [(FROM, TO, MESSAGE)])
    assert [(copy, why.code) for copy, why in sent.refused] == [(one, 550) for one in MANY]
    assert room.connections <= 21


@pytest.mark.parametrize("gives_up", [POSTFIX, NEXT, BREAK])
async def test_a_server_that_gives_up_at_the_last_copy_is_surely_not_sent_the_message_there(
    mail_room: OpenRoom, gives_up: str
) -> None:
    async with mail_room() as room:
        room.dead, room.most_errors, room.gives_up = set(MANY), 20, gives_up
        mailer = Mailer(plain(room.port))
        sent = await mailer.send(FROM, TO, MESSAGE, copies=MANY)
        await mailer.aclose()
    assert (room.recipients, room.connections, len(sent.refused)) == ([[TO]], 2, 20)


async def test_a_refusal_on_a_kept_connection_that_is_its_last_costs_one_connection_more(mail_room: OpenRoom) -> None:
    """A server counts over all messages of a connection."""
    async with mail_room() as room:
        room.dead, room.most_errors = {COPIES[0]}, 2
        mailer = Mailer(plain(room.port))
        for _ in range(4):
            await mailer.send(FROM, TO, MESSAGE, copies=COPIES)
        await mailer.aclose()
    assert room.recipients == [[TO, COPIES[1]]] * 4
    assert room.connections == 3


async def test_a_server_that_is_gone_after_it_gave_up_has_surely_not_got_the_message(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.dead, room.most_errors = set(MANY), 3
        room.replies["mail"] = ["250 OK", "421 4.3.2 shutting down"]
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=MANY)
        await mailer.aclose()
    assert (failure.value.code, failure.value.unclear, room.accepted) == (421, False, [])


async def test_a_reader_who_is_refused_is_not_asked_for_again(mail_room: OpenRoom) -> None:
    async with mail_room() as room:
        room.dead, room.most_errors = {TO}, 1
        mailer = Mailer(plain(room.port))
        with pytest.raises(MailFailure) as failure:
            await mailer.send(FROM, TO, MESSAGE, copies=MANY)
        await mailer.aclose()
    assert (failure.value.code, room.connections, room.accepted) == (550, 1, [])


async def test_a_mail_that_is_on_its_way_when_the_mailer_is_closed_arrives_and_keeps_no_connection(
    mail_room: OpenRoom,
) -> None:
    async with mail_room() as room:
        mailer = Mailer(plain(room.port))
        going = asyncio.create_task(mailer.send(FROM, TO, MESSAGE))
        await asyncio.sleep(0)
        await mailer.aclose()
        await going
        assert mailer._idle == []
    assert room.accepted == [(FROM, TO, MESSAGE)]

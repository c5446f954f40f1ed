"""Acknowledged, snoozed, silenced; each on the audit list."""

from datetime import timedelta

import pytest

from tests.support.alert_fakes import Ended, in_force
from tests.support.fakes import NOW
from worker.domain.access import Actor, Door
from worker.domain.alert.silence import Matcher
from worker.errors import NotFound, RequestError
from worker.flow.alert.acts import acknowledge, expire, muted_by, silence, snooze, unacknowledge
from worker.flow.alert.current import current

ANN = Actor(Door.CLI, "ann")
LATER = NOW + timedelta(hours=2)
RULE = Matcher("rule", "=", "big")


async def test_an_acknowledgement_says_who_and_why_and_is_taken_back() -> None:
    uses, ledger = in_force(), Ended()
    uses.alerts = ledger
    rows = await current(uses)
    await acknowledge(uses, ANN, rows[0].fingerprint, "I call them")
    (ack,) = ledger.acked
    assert (ack.by, ack.at, ack.comment, ack.fingerprint) == ("ann", NOW, "I call them", rows[0].fingerprint)
    assert (await unacknowledge(uses, ANN, rows[0].fingerprint))[1] is True
    assert [(one.act, one.subject.partition(" ")[0]) for one in uses.audit.records] == [
        ("alerts ack", "weekly/big"),
        ("alerts unack", "weekly/big"),
    ]
    with pytest.raises(RequestError, match="does not fire yet"):
        await acknowledge(uses, ANN, rows[2].fingerprint)


async def test_a_snooze_is_a_silence_for_one_alert() -> None:
    uses = in_force()
    one = (await current(uses))[0]
    made = await snooze(uses, ANN, one.fingerprint, LATER)
    assert (made.silence.snooze, made.silence.until, made.silence.matchers) == (
        True,
        LATER,
        (Matcher("fingerprint", "=", one.fingerprint),),
    )
    with pytest.raises(RequestError, match="has passed"):
        await snooze(uses, ANN, one.fingerprint, NOW)


async def test_a_silence_shows_what_it_mutes_and_ends_before_its_time() -> None:
    uses = in_force()
    assert len((await muted_by(uses, [RULE])).mutes) == 3
    made = await silence(uses, ANN, [RULE], LATER, "fair")
    assert ([row.subject for row in made.muted.mutes], made.silence.by) == (["a", "b", "c"], "ann")
    assert (await expire(uses, ANN, made.silence.id[:4])).id == made.silence.id
    assert uses.alerts.over == [made.silence.id]
    assert [one.act for one in uses.audit.records] == ["alerts silence", "alerts expire"]
    with pytest.raises(NotFound, match="no active silence"):
        await expire(uses, ANN, "zz")
    with pytest.raises(RequestError, match="say why"):
        await silence(uses, ANN, [RULE], LATER, " ")
    with pytest.raises(RequestError, match="what to silence"):
        await muted_by(uses, [])

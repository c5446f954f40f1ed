"""Whether silences do their work, and what is remembered is understood: findings of `doctor`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.alert_fakes import FIRING, WATCHED, Ledger, parts
from tests.support.fakes import WEEKLY, uses
from worker.domain.alert.silence import Matcher, Silence
from worker.flow.operate.doctor import Level
from worker.flow.operate.doctor_alerts import memories, silences
from worker.ports import AlertMemory

NOW, DAY = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1)
GOOD = Silence("good", (Matcher("owner", "=~", "Ann|Ben"),), "ann", "at the fair", NOW - DAY, NOW + DAY)
BROKEN = replace(GOOD, id="broken", matchers=(Matcher("owner", "=~", "(Ann"),))


async def test_a_silence_that_keeps_nothing_quiet_is_named_while_it_is_in_force() -> None:
    over = replace(BROKEN, id="over", until=NOW)

    async def known() -> tuple[Silence, ...]:
        return GOOD, BROKEN, over

    [one] = await silences(uses(silences=known), NOW)
    assert (one.what, one.level) == ("silence broken", Level.WARN)
    assert one.sentence.startswith('it keeps nothing quiet: owner=~"(Ann": the regular expression cannot be read: ')


async def test_a_silence_that_another_version_wrote_is_named() -> None:
    unreadable = replace(GOOD, id="newer", matchers=(), unreadable="its record has version 2")

    async def known() -> tuple[Silence, ...]:
        return (unreadable,)

    [one] = await silences(uses(silences=known), NOW)
    assert one.sentence.startswith("it keeps nothing quiet: its record has version 2; ")


async def test_a_rule_and_an_acknowledgement_that_another_version_wrote_are_named() -> None:
    newer = AlertMemory("weekly", {}, {}, {"big": "it has version 2"}, {"f1": "it has version 3"})
    rule, ack = await memories(parts(Ledger(newer)), [WATCHED, WEEKLY])
    assert (rule.what, rule.level, ack.what) == ("rule weekly/big", Level.WARN, "acknowledgement of f1")
    assert "it is not evaluated: it has version 2" in rule.sentence
    assert "it stops no repeats: it has version 3" in ack.sentence
    assert await memories(parts(Ledger(AlertMemory("weekly", {"big": FIRING}, {}))), [WATCHED]) == []

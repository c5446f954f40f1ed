"""Whether silences do their work: findings of `doctor`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.fakes import uses
from worker.domain.alert.silence import Matcher, Silence
from worker.flow.operate.doctor import Level
from worker.flow.operate.doctor_alerts import silences

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

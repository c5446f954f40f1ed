"""Alerts that fire or are pending."""

from datetime import timedelta

import pytest

from tests.support.alert_fakes import Ended, in_force
from tests.support.fakes import NOW
from worker.domain.alert.silence import Matcher, Silence
from worker.errors import NotFound, RequestError
from worker.flow.alert.current import current, find_alert

A_DAY = timedelta(days=1)
SILENCE = Silence("s1", (Matcher("subject", "=", "a"),), "Ann", "fair", NOW, NOW + A_DAY)


async def test_every_alert_with_what_keeps_it_quiet() -> None:
    rows = await current(in_force(Ended(SILENCE)))
    assert [(row.subject, row.state.phase.value, row.quiet and row.quiet.by) for row in rows] == [
        ("a", "firing", "Ann"),
        ("b", "firing", None),
        ("c", "pending", None),
    ]
    only = await current(in_force(), "weekly", [Matcher("subject", "!=", "a")])
    assert [row.subject for row in only] == ["b", "c"]
    with pytest.raises(NotFound, match="no schedule 'x'"):
        await current(in_force(), "x")


async def test_an_alert_is_found_by_the_beginning_of_its_fingerprint() -> None:
    rows = await current(in_force())
    assert (await find_alert(in_force(), rows[1].fingerprint[:6])).subject == "b"
    with pytest.raises(RequestError, match="at least 4"):
        await find_alert(in_force(), "ab")
    with pytest.raises(NotFound, match="alerts list"):
        await find_alert(in_force(), "zzzz")

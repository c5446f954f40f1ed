"""What new and changed rules would have told."""

from dataclasses import replace
from typing import Any

from tests.support.alert_fakes import BIG, LARGE, SMALL, WATCHED, Ledger, in_force, listed
from tests.support.fakes import HOUR, NOW, RUN, KnownRuns, Stored, Subscribed, Workdays, bundle_with
from worker.domain.run import RunKey
from worker.flow.deploy.forecast import NOISE, forecasts


class NoActs:
    async def newest(self, limit: int, before: str = "") -> tuple[Any, ...]:
        return ()


def parts(hours: int) -> Any:
    runs = [
        replace(
            RUN,
            key=RunKey("weekly", NOW - hour * HOUR),
            snapshots=(("deals", "large" if hour % 2 else "small"),),
        )
        for hour in range(hours)
    ]
    return in_force(
        Ledger(),
        lookups=KnownRuns(*runs),
        snapshots=Stored({"large": listed(LARGE), "small": listed(SMALL)}),
        subscriptions=Subscribed(),
        holidays=Workdays(),
        audit=NoActs(),
    )


async def test_a_rule_that_would_tell_too_often_is_noisy() -> None:
    old = replace(WATCHED, alerts=(replace(BIG, condition="9000"),))
    (one,) = await forecasts(parts(20), bundle_with(WATCHED), {"weekly": old}, NOW)
    assert (one.rule, one.change) == ("big", "changed")
    assert set(one.noisy) == {"alert:team|team@acme.example"}
    assert min(one.noisy.values()) > NOISE
    (quiet,) = await forecasts(parts(4), bundle_with(WATCHED), {"weekly": old}, NOW)
    assert quiet.tested is not None
    assert quiet.noisy == {}


async def test_nothing_is_known_of_a_new_query_and_of_a_rule_that_stays() -> None:
    assert await forecasts(parts(4), bundle_with(WATCHED), {"weekly": WATCHED}, NOW) == ()
    (new,) = await forecasts(parts(4), bundle_with(WATCHED), {}, NOW)
    assert (new.change, new.tested, new.noisy) == ("added", None, {})
    other = replace(WATCHED, alerts=(), report=(replace(WATCHED.report[0], params={"status": "won"}),))
    (changed,) = await forecasts(parts(4), bundle_with(WATCHED), {"weekly": other}, NOW)
    assert changed.tested is None

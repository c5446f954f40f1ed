"""What a plan says of messages: which wait for the end of quiet hours, and how many reach an address in a week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from tests.support.fakes import HOUR, HOURLY, NOW, TEAM, WEEKLY, Stepped, Workdays, uses
from worker.domain.quiet import QuietHours
from worker.domain.schedule import CatchUp, Each, Schedule, Send, Subscription, Trigger
from worker.flow.deploy.fires import Fire, Span
from worker.flow.deploy.messages import Messages, Shift, messages, shifts

NIGHT = QuietHours(time(19), time(8))  # NOW is Monday, 08:00
SLEEPER = replace(TEAM, id="sleeper", quiet_hours=NIGHT)
NONE: object = uses(firsts={}, overdue=())


def every(hours: int, *to: Subscription, catch_up: CatchUp = CatchUp.LATEST) -> Schedule:
    return replace(WEEKLY, trigger=Trigger("every", "UTC", seconds=hours * 3600), to=to, catch_up=catch_up)


def runs(*hours: int) -> tuple[Fire, ...]:
    return tuple(Fire(NOW + n * HOUR, NOW + n * HOUR) for n in hours)


def week(*schedules: Schedule, due: datetime = NOW + HOUR) -> dict[str, Messages]:
    named = {f"s{n}": replace(one, id=f"s{n}") for n, one in enumerate(schedules)}
    span = Span(Stepped(), NOW, NOW + HOUR, dict.fromkeys(named, due), {})
    return {row.address: row for row in messages(Workdays().name, span, named, NONE, {})}  # type: ignore[arg-type]


def counted(rows: Sequence[Schedule]) -> int:
    (row,) = week(*rows).values()
    return row.count


def test_a_digest_in_quiet_hours_waits_for_their_end_and_one_outside_does_not_wait() -> None:
    found = shifts(Workdays().name, every(11, TEAM, SLEEPER), runs(0, 11))
    said = "Quiet hours are from 19:00 to 08:00: it waits until Tue 17 Nov 2026 08:00 (UTC)."
    waits = Shift(NOW + 24 * HOUR, "UTC", said, ("sleeper|team@acme.example",), superseded=False)
    assert found == {runs(11)[0]: (waits,)}


def test_what_a_later_run_supersedes_is_not_sent_but_under_all_each_is() -> None:
    for catch_up, expected in ((CatchUp.LATEST, [True, True, False]), (CatchUp.ALL, [False] * 3)):
        found = shifts(Workdays().name, every(1, SLEEPER, catch_up=catch_up), runs(12, 13, 14))
        assert [one.superseded for (one,) in found.values()] == expected


def test_readers_with_the_same_quiet_hours_share_a_shift() -> None:
    ((one,),) = shifts(Workdays().name, every(1, SLEEPER, replace(SLEEPER, id="other")), runs(12)).values()
    assert one.readers == ("sleeper|team@acme.example", "other|team@acme.example")


def test_an_address_is_counted_over_all_schedules() -> None:
    assert counted([every(24, TEAM), every(12, TEAM)]) == 8 + 15  # one at nine, and then at midnight and noon


def test_what_waits_past_the_week_or_is_superseded_is_not_counted() -> None:
    assert counted([every(1, TEAM)]) == 7 * 24 - 1
    assert counted([every(1, SLEEPER)]) == 7 * 11 - 1  # 08:00 to 18:00; this morning's came before
    assert (
        counted([every(1, replace(SLEEPER, quiet_hours=QuietHours(days=(0,))))]) == 15 + 8
    )  # this Monday and the next


def test_what_may_be_left_out_is_at_most() -> None:
    for entry in (replace(TEAM, send=Send.ON_CHANGE), replace(TEAM, skip_if_empty=True)):
        assert week(every(24, entry))["team@acme.example"].at_most
    assert not week(every(24, TEAM))["team@acme.example"].at_most


def test_more_runs_than_are_looked_at_are_said_to_be_more() -> None:
    often = replace(WEEKLY, trigger=replace(HOURLY, seconds=10), to=(SLEEPER,))
    assert week(often, due=NOW + timedelta(seconds=10))["team@acme.example"].more


def test_the_most_messages_come_first() -> None:
    boss = replace(TEAM, address="boss@acme.example")
    assert list(week(every(24, TEAM), every(1, boss))) == ["boss@acme.example", "team@acme.example"]


def test_the_owners_of_deals_stand_together() -> None:
    owners = replace(SLEEPER, id="each-owner", address=None, each=Each.OWNER)
    assert list(week(every(24, owners))) == ["each owner"]
    ((one,),) = shifts(Workdays().name, every(1, owners), runs(12)).values()
    assert one.readers == ("each-owner",)

"""Who would have been told of past runs."""

from dataclasses import replace

from tests.domain.builders import answer, deal
from tests.support.alert_fakes import WATCHED, in_force
from tests.support.fakes import NOW, TEAM, Workdays, bundle_with, uses
from worker.domain.alert.context import AlertAnswers
from worker.domain.alert.readers import AlertReader
from worker.domain.quiet import QuietHours
from worker.domain.schedule import Each
from worker.flow.alert.past_readers import PastQuiet, past_readers

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER, unassigned="boss@acme.example")


async def test_of_an_entry_for_each_owner_nobody_is_lost_who_had_rows() -> None:
    schedule = replace(WATCHED, to=(replace(TEAM, rows="100"), OWNERS))
    bundle = bundle_with(schedule, operator="ops@acme.example")
    found = await past_readers(in_force(), bundle, schedule)
    first = found({"deals": AlertAnswers(answer([deal("a", 100)]))})
    assert [(one.entry, one.address) for one in first] == [
        ("team", "team@acme.example"),
        ("owners", "boss@acme.example"),
        ("operator", "ops@acme.example"),
    ]
    assert [one.address for one in found({})] == [one.address for one in first]
    assert first[0].rules == frozenset({"big"})


def test_quiet_hours_hold_a_reader_of_whom_something_is_known() -> None:
    free = replace(TEAM, quiet_hours=QuietHours(holidays="XX"))
    quiet = PastQuiet(uses(holidays=Workdays(NOW.date())), {"team": free})
    assert quiet(AlertReader("team", "team@acme.example"), NOW) is not None
    assert quiet(AlertReader("other", "x@acme.example"), NOW) is None

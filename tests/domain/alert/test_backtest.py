"""What a back-test reports: what would have left and when, messages a week, gaps, and what it could not judge."""

from collections.abc import Sequence
from datetime import date, datetime

from tests.domain.alert.histories import GAP, at, context_of, rule_of
from tests.domain.alert.telling import TEAM, silence
from tests.domain.builders import answer, deal
from worker.domain.alert.backtest import BackTest, backtest
from worker.domain.alert.past import History, PastAnswer, PastRun
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Withheld
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Gap, Snapshot

BIG = 60_000
SALES = "alert:team|sales@acme.example"


def run(minutes: int, given: Snapshot | Gap | None) -> PastRun:
    return PastRun(RunKey("watch", at(minutes)), {"deals": PastAnswer(given, f"at-{minutes}")})


def seen(minutes: int, *values: int | None) -> PastRun:
    rows = [deal(key, value) for key, value in zip("abcd", values, strict=False)]
    return run(minutes, answer(rows, at=at(minutes)))


def played(runs: Sequence[PastRun], silences: Sequence[Silence] = (), until: int = 0) -> BackTest:
    """Quiet hours last until that minute."""

    def quiet(_reader: AlertReader, instant: datetime) -> datetime | None:
        return at(until) if instant < at(until) else None

    return backtest([context_of(rule_of(after=1))], runs, History(lambda _answers: (TEAM,), silences, quiet=quiet))


def told(found: BackTest) -> list[tuple[datetime, str, str, datetime]]:
    return [(one.slot, one.name, one.reason.value, one.leaves) for one in found.findings]


def test_it_says_what_would_have_been_told_and_where_there_is_no_data() -> None:
    found = played([run(0, GAP), seen(5, BIG, None), run(10, None), seen(15, 1, None)])
    assert told(found) == [(at(5), "Deal a", "first", at(5)), (at(15), "Deal a", "resolved", at(15))]
    assert (found.since, found.gaps, found.judged, found.unknown) == (at(5), (at(0), at(10)), 4, 2)
    assert found.weeks == {(SALES, date(2026, 11, 9)): 2}


def test_quiet_hours_hold_a_message_and_the_next_carries_it() -> None:
    found = played([seen(0, BIG), seen(5, BIG, BIG), seen(60, BIG, 1)], until=30)
    assert told(found) == [
        (at(0), "Deal a", "first", at(30)),
        (at(5), "Deal b", "new", at(30)),
        (at(60), "Deal b", "resolved", at(60)),
    ]
    assert sum(found.weeks.values()) == 2


def test_what_waits_at_the_end_leaves_when_quiet_hours_are_over() -> None:
    assert told(played([seen(0, BIG), seen(5, 1)], until=30)) == [(at(0), "Deal a", "first", at(30))]


def test_silences_count_as_they_were_recorded() -> None:
    found = played([seen(0, BIG), seen(5, BIG)], [silence(("rule", "=", "big-deal"), until=5)])
    assert told(found) == [(at(5), "Deal a", "after_silence", at(5))]
    assert found.kept == {Withheld.SILENCED: 1}


def test_without_history_there_is_nothing() -> None:
    found = played([])
    assert (found.since, found.findings, found.weeks) == (None, (), {})

"""Laws of telling over generated histories with silences, acknowledgements and quiet hours; a back-test is the same."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.alert.generated import READERS, Slot, acknowledgements, contexts, silences, slots
from tests.domain.alert.histories import START, at
from tests.domain.alert.telling import TEAM, Telling
from worker.domain.alert.backtest import backtest
from worker.domain.alert.carry import ENDS
from worker.domain.alert.context import RuleContext
from worker.domain.alert.notification import Notification
from worker.domain.alert.past import History, PastAnswer, PastRun
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement, AlertReason, AlertState, RuleState, Withheld
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Snapshot

Finding = tuple[datetime, str, AlertReason, str]
Given = tuple[RuleContext, list[Slot], list[Silence], list[Acknowledgement]]

runs: st.SearchStrategy[Given] = contexts.flatmap(
    lambda context: st.tuples(st.just(context), slots(), silences, acknowledgements(context))
)


def telling(given_: Given) -> Telling:
    context, _, silent, acks = given_
    return Telling([context], READERS, silent, acks)


@given(runs)
@settings(max_examples=40, deadline=None)
def test_every_reason_is_told_or_kept_and_its_end_only_told_to_those_who_know(given_: Given) -> None:
    run = telling(given_)
    for slot in given_[1]:
        knew = {key: set(held.readers) for key, held in _alerts(run).items()}
        done = run.run(slot.minutes, slot.answer)
        told = {(reader, one.fingerprint) for reader, made in done.notifications.items() for one in made.findings}
        assert told == {(reader, one) for reader, all_ in done.told.items() for one in all_}
        assert done.fired == len(told) + len(done.kept)
        assert not {one.fingerprint for one in done.kept} & {fingerprint for _, fingerprint in told}
        for reader, made in done.notifications.items():
            for one in made.findings:
                assert one.reason not in ENDS or reader in knew[one.facts.key]


@given(runs)
@settings(max_examples=40, deadline=None)
def test_a_silence_lets_nothing_through_and_an_acknowledgement_no_repeat(given_: Given) -> None:
    run, (_, history, silent, _) = telling(given_), given_
    for slot in history:
        done = run.run(slot.minutes, slot.answer)
        active = [one for one in silent if one.active(at(slot.minutes))]
        for made in done.notifications.values():
            for one in made.findings:
                assert not any(_names(silence, one.facts.key) for silence in active)
        assert all(one.reason.value == "repeat" for one in done.kept if one.why is Withheld.ACKED)


def _names(silence: Silence, subject: str) -> bool:
    value = silence.matchers[0].value
    return value == ".*" or subject in value.split("|")


def _alerts(run: Telling) -> Mapping[str, AlertState]:
    return {key: held for state in run.states.values() for key, held in state.alerts.items()}


def quiet(reader: AlertReader, instant: datetime) -> datetime | None:
    """The team is not disturbed in the second quarter of every hour."""
    past = (instant - START) % timedelta(hours=1)
    inside = timedelta(minutes=15) <= past < timedelta(minutes=30)
    return instant - past + timedelta(minutes=30) if reader == TEAM and inside else None


@given(runs)
@settings(max_examples=40, deadline=None)
def test_a_back_test_equals_what_step_by_step_was_told(given_: Given) -> None:
    context, unordered, silent, acks = given_
    history = list({slot.minutes: slot for slot in sorted(unordered, key=lambda one: one.minutes)}.values())
    done = backtest(
        [context],
        [
            PastRun(RunKey("watch", at(slot.minutes)), {"deals": PastAnswer(slot.answer, f"at-{slot.minutes}")})
            for slot in history
        ],
        History(lambda _answers: READERS, silent, acks, quiet=quiet),
    )
    told, kept, states = live((context, history, silent, acks))
    assert Counter((one.slot, one.fingerprint, one.reason, one.reader) for one in done.findings) == Counter(told)
    assert done.kept == kept
    assert done.states == states
    assert sum(done.weeks.values()) <= len(told)
    known = {at(slot.minutes) for slot in history if isinstance(slot.answer, Snapshot)}
    assert (done.since is None, done.since in known) == (not known, bool(known))


def live(given_: Given) -> tuple[list[Finding], Mapping[Withheld, int], dict[str, RuleState]]:
    """As the worker and the clock do it: what is due leaves before the next run, the rest waits for it."""
    run, left, kept = telling(given_), list[tuple[str, Notification]](), Counter[Withheld]()
    until: dict[DeliveryKey, datetime] = {}
    for slot in given_[1]:
        left += _leave(run, until, at(slot.minutes))
        done = run.run(slot.minutes, slot.answer)
        kept.update(one.why for one in done.kept)
        for reader in READERS:
            name = reader.id(given_[0].rule)
            if name in done.notifications:
                key = DeliveryKey(RunKey("watch", at(slot.minutes)), name)
                run.waiting[key] = done.notifications[name]
                until[key] = quiet(reader, at(slot.minutes)) or at(slot.minutes)
    left += _leave(run, until, at(100_000))
    told = [(one.at, one.fingerprint, one.reason, reader) for reader, made in left for one in made.findings]
    return told, kept, run.states


def _leave(run: Telling, until: Mapping[DeliveryKey, datetime], now: datetime) -> Sequence[tuple[str, Notification]]:
    due = [key for key in run.waiting if until[key] <= now]
    return [(key.reader, run.waiting.pop(key)) for key in due]

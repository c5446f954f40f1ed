"""What one run changes, and what its readers are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.alert_fakes import BIG, LARGE, NOTHING, SMALL, WATCHED, Ledger, found, listed, parts
from tests.support.fakes import NOW, READER, RUN, WEEKLY
from worker.domain.alert.notification import Notification
from worker.domain.alert.state import AlertReason, Phase, RuleState
from worker.domain.delivery import DeliveryKey, Reader
from worker.domain.events import AlertNotified, AlertRuleEvaluated
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Schedule
from worker.flow.alert.evaluate import RunFound
from worker.flow.alert.notify import Alerted, _began, alerted, as_reached, reader_of, to_operator
from worker.ports import AlertMemory

HOUR = timedelta(hours=1)
TEAM_ALERTS = Reader("weekly", "alert:team", "team@acme.example")


def run_at(hour: int, *values: int, schedule: Schedule = WATCHED) -> RunFound:
    return found(*values, schedule=schedule, run=RunKey("weekly", NOW + hour * HOUR))


async def evaluated(run: RunFound, ledger: Ledger | None = None, *before: int) -> Alerted:
    stored = {f"at {run.run.slot - HOUR:%H}": listed(*before, at=run.run.slot - HOUR)} if before else {}
    made = await alerted(parts(ledger, stored), run, NOW, {})
    assert made is not None
    return made


def remembered(made: Alerted) -> AlertMemory:
    states = {rule: replace(state, version=state.version + 1) for rule, state in made.changes.states.items()}
    return AlertMemory("weekly", states, {})


def told(made: Alerted, reader: Reader = TEAM_ALERTS) -> list[tuple[str, AlertReason]]:
    return [(one.facts.key, one.reason) for one in made.changes.notifications[reader].findings]


async def test_a_schedule_without_rules_changes_nothing() -> None:
    assert await alerted(parts(), found(LARGE, schedule=WEEKLY), NOW, {}) is None


async def test_after_the_last_rule_was_removed_what_is_remembered_is_read_once() -> None:
    reads = list[str]()

    class Read(Ledger):
        async def memory(self, schedule: str) -> AlertMemory:
            reads.append(schedule)
            return await super().memory(schedule)

    first = await evaluated(run_at(0, LARGE))
    made = await evaluated(run_at(1, LARGE, schedule=WEEKLY), Read(remembered(first)))
    assert (made.changes.dropped, reads) == (("big",), ["weekly"])


async def test_what_fires_is_told_and_what_goes_on_is_not() -> None:
    first = await evaluated(run_at(0, LARGE, SMALL))
    assert told(first) == [("a", AlertReason.FIRST)]
    assert first.changes.expires == NOW + timedelta(days=1), "longer than until the next slot"
    second = await evaluated(run_at(1, LARGE, LARGE), Ledger(remembered(first)), LARGE, SMALL)
    assert told(second) == [("b", AlertReason.NEW)]
    third = await evaluated(run_at(2, LARGE, LARGE), Ledger(remembered(second)), LARGE, LARGE)
    assert third.changes.notifications == {}


async def test_what_is_over_is_told_and_its_acknowledgement_ends() -> None:
    first = await evaluated(run_at(0, LARGE))
    second = await evaluated(run_at(1, SMALL), Ledger(remembered(first)), LARGE)
    assert told(second) == [("a", AlertReason.RESOLVED)]
    (finding,) = second.changes.notifications[TEAM_ALERTS].findings
    assert second.changes.ended == (finding.fingerprint,)


async def test_the_states_of_rules_go_with_the_last_rule_and_so_do_acknowledgements() -> None:
    first = await evaluated(run_at(0, LARGE))
    (finding,) = first.changes.notifications[TEAM_ALERTS].findings
    second = await evaluated(run_at(1, LARGE, schedule=WEEKLY), Ledger(remembered(first)))
    assert (second.changes.dropped, second.changes.ended) == (("big",), (finding.fingerprint,))
    assert (second.changes.states, second.changes.notifications) == ({}, {})


async def test_who_was_never_reached_is_not_told_of_the_end() -> None:
    first = await evaluated(run_at(0, LARGE))
    ledger = Ledger(remembered(first), gone=[DeliveryKey(RUN.key, TEAM_ALERTS.id)])
    second = await evaluated(run_at(1, SMALL), ledger, LARGE)
    assert second.changes.notifications == {}
    assert [one.why for one in second.changes.record.kept] == ["no_reader"]


async def test_only_transitions_that_are_told_ask_whom_they_reached() -> None:
    first = await evaluated(run_at(0, LARGE))
    evaluations = {one.rule: one for one in first.changes.record.evaluations}
    assert await as_reached(parts().alerts, evaluations) == evaluations


async def test_what_waits_goes_with_the_next_notification() -> None:
    first = await evaluated(run_at(0, LARGE, SMALL))
    waiting = {DeliveryKey(RUN.key, TEAM_ALERTS.id): first.changes.notifications[TEAM_ALERTS]}
    second = await evaluated(run_at(1, LARGE, LARGE), Ledger(remembered(first), waits=waiting), LARGE, SMALL)
    assert set(told(second)) == {("a", AlertReason.FIRST), ("b", AlertReason.NEW)}
    assert second.changes.carried == tuple(waiting)


async def test_what_a_newer_run_left_waiting_is_not_carried_by_an_older_one() -> None:
    first = await evaluated(run_at(0, LARGE))
    newer: dict[DeliveryKey, Notification] = {
        DeliveryKey(RunKey("weekly", NOW + 5 * HOUR), TEAM_ALERTS.id): first.changes.notifications[TEAM_ALERTS]
    }
    made = await evaluated(run_at(1, LARGE, LARGE), Ledger(NOTHING, waits=newer))
    assert made.changes.carried == ()


async def test_a_rule_without_data_is_told_to_the_operator_by_a_notice() -> None:
    watched = replace(WATCHED, alerts=(replace(BIG, after=1),))
    made = await evaluated(run_at(0, schedule=watched))
    assert made.changes.notifications == {}
    (request,) = made.changes.notices
    assert (request.notice.reason, request.notice.subject) == (Reason.NO_DATA, "no_data weekly big")
    back = await evaluated(run_at(1, SMALL, schedule=watched), Ledger(remembered(made)))
    assert [one.notice.reason for one in back.changes.notices] == [Reason.DATA_BACK]


async def test_a_rule_that_is_no_longer_defined_is_dropped_unless_a_newer_slot_knew_it() -> None:
    states = {"old": RuleState(slot=NOW - HOUR), "newer": RuleState(slot=NOW + HOUR), "missed": RuleState(missed=NOW)}
    made = await evaluated(run_at(0, SMALL), Ledger(AlertMemory("weekly", states, {})))
    assert made.changes.dropped == ("old",)


async def test_a_slot_that_was_evaluated_writes_no_state() -> None:
    first = await evaluated(run_at(0, LARGE))
    again = await evaluated(run_at(0, LARGE), Ledger(remembered(first)))
    assert (again.changes.states, again.changes.notifications) == ({}, {})


async def test_evaluated_again_it_is_the_same() -> None:
    assert (await evaluated(run_at(0, LARGE, SMALL))).changes == (await evaluated(run_at(0, LARGE, SMALL))).changes


async def test_what_was_found_and_told_are_facts() -> None:
    made = await evaluated(run_at(0, LARGE, SMALL))
    assert made.facts == (
        AlertRuleEvaluated(RUN.key, "big", judged=2, fired=1, resolved=0, pending=0, firing=1, unknown=0),
        AlertNotified(RUN.key, TEAM_ALERTS.id, findings=1, carried=0),
    )


@pytest.mark.parametrize(
    ("before", "after", "began"),
    [
        (None, Phase.FIRING, True),
        (Phase.PENDING, Phase.FIRING, True),
        (None, None, True),  # an event is told and keeps no state: it was counted as nothing
        (Phase.FIRING, Phase.FIRING, False),
        (Phase.FIRING, None, False),
        (Phase.PENDING, None, False),
        (None, Phase.PENDING, False),
    ],
)
def test_what_fired_are_alerts_that_began_and_events(before: Phase | None, after: Phase | None, *, began: bool) -> None:
    assert _began(before, after) is began


def test_a_reader_of_alerts_has_its_own_id_and_the_operator_is_known_by_it() -> None:
    assert reader_of("weekly", "alert:team/big|a|b") == Reader("weekly", "alert:team/big", "a|b")
    assert to_operator("alert:operator|ops@acme.example")
    assert to_operator("alert:operator/big|ops@acme.example")
    assert not to_operator(f"alert:{READER.id}")

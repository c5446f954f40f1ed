"""The digests of a run's readers, made from what is stored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import (
    HOUR,
    KEY,
    NOW,
    READER,
    RUN,
    TEAM,
    WEEKLY,
    Deployed,
    KnownRuns,
    Least,
    OneQuery,
    Stepped,
    Stored,
    bundle_with,
)
from worker.domain.alert.notification import Notification, RuleShown
from worker.domain.delivery import Baseline, Decision, Delivery, DeliveryState, Reader
from worker.domain.due.spread import delay_of
from worker.domain.reason import Reason
from worker.domain.run import Run, RunKey
from worker.domain.schedule import Bundle, Schedule, Send
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import LedgerError
from worker.flow.run.comparison import Answers, Comparison, RunSlot
from worker.flow.run.reader_digests import ReaderDigests, digest_context
from worker.ports import InForce
from worker.ports.kinds import QuerySpec

BOTH = replace(WEEKLY, report=(open_deals(), open_deals("other")), bridge="deals")
ANSWERED = replace(RUN, snapshots=(("deals", "now"), ("deals:compared", "week")), gaps=(("other", "refused", "401"),))
ROW = Delivery(KEY, DeliveryState.PENDING)
NOW_ANSWER, BEFORE = answer([deal("a", 200)]), answer([deal("a", 100)], at=NOW - HOUR)
WEEK = answer([deal("b")], at=NOW - 7 * HOUR)
STORED = {"now": NOW_ANSWER, "week": WEEK, "before": BEFORE}
BASELINE = Baseline("before", NOW - HOUR, NOW - HOUR)
SPEC = QuerySpec("opportunities", "", False, (), lists_opportunities=True)


class Baselines:
    """`ids` of the earlier answers; `asked`: how often for baselines."""

    def __init__(self, current: Mapping[str, Baseline] | None = None, *ids: str) -> None:
        self.current, self.ids, self.asked = current or {}, ids, 0

    async def baselines(self, readers: list[Reader]) -> Mapping[Reader, Mapping[str, Baseline]]:
        self.asked += 1
        return dict.fromkeys(readers, self.current)

    async def chain(self, schedule: str, query: str, since: datetime | None) -> tuple[str, ...]:
        assert since is not None
        return self.ids if since < NOW else ()


class Counted(Stored):
    loads = 0

    async def load(self, snapshot_id: str) -> Snapshot | None:
        self.loads += 1
        return await super().load(snapshot_id)


class Told:
    """What a run tells of alerts, by the name of its content."""

    async def notification(self, run: RunKey, content: str) -> Notification | None:
        shown = RuleShown("big", "Big deals", "row.value > 5", "deals")
        return Notification(run, "Weekly", NOW, NOW, (shown,), ()) if content == "known" else None


def digests(runs: Baselines | None = None, schedule: Schedule = BOTH, run: Run = ANSWERED, **other: Any) -> Any:
    given: dict[str, Any] = {
        "lookups": KnownRuns(run),
        "runs": runs or Baselines({"deals": BASELINE}),
        "snapshots": Counted(STORED),
        "deployments": Deployed(bundle_with(schedule)),
        "connectors": OneQuery(SPEC),
        "triggers": Stepped(),
        "expressions": Least(),
        "alerts": Told(),
    }
    return ReaderDigests(**{**given, **other})


async def test_a_reader_is_told_what_the_run_found_against_what_the_reader_was_sent_before() -> None:
    composed = await digests().open(ROW)
    assert (composed.reader, composed.entry, composed.slot, composed.on_demand) == (READER, TEAM, NOW, False)
    assert composed.past.compared_with == {"deals": BASELINE, "other": None}
    assert composed.found.snapshots == {"deals": NOW_ANSWER}
    assert composed.found.compared == {"deals": WEEK}
    assert composed.snapshot_ids == {"deals": "now"}, "a comparison is nobody's baseline"
    assert composed.current == {"deals": BASELINE}
    assert composed.digest.since == NOW - HOUR
    assert composed.digest.changed
    assert [gap.query_id for gap in composed.digest.gaps] == ["other"]


async def test_whom_a_deployment_names_is_read_once() -> None:
    class Loads(Deployed):
        loads = 0

        async def bundle(self, bundle_id: str) -> Bundle | None:
            self.loads += 1
            return await super().bundle(bundle_id)

    known = Loads(bundle_with(BOTH))
    here, there = digests(deployments=known), InForce("bundle", NOW, "weekly", READER.id)
    first, again = await here.named(there), await here.named(replace(there, reader="other|x@acme.example"))
    assert first is again is not None
    assert (first.ids, known.loads) == ({READER.id}, 1)
    await here.named(replace(there, at=NOW + HOUR))
    assert known.loads == 2, "another deployment"


async def test_baselines_that_were_read_with_the_row_are_not_read_again() -> None:
    runs = Baselines({"deals": BASELINE})
    composed = await digests(runs).open(ROW, {})
    assert runs.asked == 0
    assert composed.past.compared_with["deals"] is None


async def test_readers_with_the_same_past_are_told_the_same_and_it_is_made_once() -> None:
    boss = replace(TEAM, id="boss", address="boss@acme.example")
    made = digests(schedule=replace(BOTH, to=(TEAM, boss)))
    other = replace(ROW, key=replace(KEY, reader="boss|boss@acme.example"))
    one, two = await made.open(ROW), await made.open(other)
    loads = made.snapshots.loads
    assert one.composed is two.composed
    assert one.reader != two.reader
    await made.open(ROW)
    assert made.snapshots.loads == loads


async def test_what_was_forgotten_meanwhile_is_not_told_again_to_somebody_who_looks_afresh() -> None:
    made = digests()
    before = await made.open(ROW)
    made.snapshots.snapshots["now"] = answer([])
    afresh = await made.fresh().open(ROW)
    assert (before.found.snapshots["deals"], afresh.found.snapshots["deals"]) == (NOW_ANSWER, answer([]))


async def test_readers_with_another_past_are_told_something_else() -> None:
    made = digests()
    one, two = await made.open(ROW, {"deals": BASELINE}), await made.open(ROW, {})
    assert one.composed.key != two.composed.key
    assert (one.digest.since, two.digest.since) == (NOW - HOUR, None)


@pytest.mark.parametrize("schedule", [replace(BOTH, to=()), replace(BOTH, to=(replace(TEAM, id="new"),))])
async def test_an_entry_that_the_run_does_not_know_is_told_nothing(schedule: Schedule) -> None:
    assert await digests(schedule=schedule).open(ROW) is None


async def test_a_run_that_is_gone_is_told_to_nobody_and_a_bundle_that_is_gone_is_an_error() -> None:
    assert await digests(lookups=KnownRuns()).open(ROW) is None
    with pytest.raises(LedgerError, match="deploy again"):
        await digests(deployments=Deployed(None)).open(ROW)


async def test_somebody_asked_for_a_run_on_demand() -> None:
    assert (await digests(run=replace(ANSWERED, trigger="manual")).open(ROW)).on_demand


def found(**snapshots: Snapshot) -> Answers:
    return Answers(snapshots, {}, ())


async def past(current: Mapping[str, Baseline], row: Delivery | None = None, **made: Any) -> Comparison:
    compared: Comparison = await digests(**made).past(WEEKLY, NOW, found(deals=NOW_ANSWER), current, row)
    return compared


async def test_what_was_fixed_at_the_first_decision_stays_though_the_baseline_moved_on() -> None:
    moved = Baseline("week", NOW - 7 * HOUR, NOW - 7 * HOUR)
    fixed = replace(ROW, compared_with={"deals": BASELINE})
    assert (await past({"deals": moved}, fixed)).compared_with == {"deals": BASELINE}
    none = replace(ROW, compared_with={"deals": None}, why_first={"deals": Reason.SUBSCRIBED})
    assert (await past({"deals": BASELINE}, none)).why_first == {"deals": Reason.SUBSCRIBED}


@pytest.mark.parametrize(
    ("current", "runs", "reason"),
    [
        ({}, Baselines(), Reason.FIRST),
        ({}, Baselines(None, "before"), Reason.SUBSCRIBED),
        ({}, Baselines(None, "now"), Reason.FIRST),
        ({"deals": replace(BASELINE, snapshot="gone")}, Baselines(), Reason.BASELINE_EXPIRED),
        ({"deals": replace(BASELINE, slot=NOW - timedelta(days=401))}, Baselines(), Reason.BASELINE_EXPIRED),
        ({"deals": replace(BASELINE, slot=NOW)}, Baselines(), Reason.LATER_DIGEST),
        ({"deals": replace(BASELINE, slot=NOW + HOUR)}, Baselines(), Reason.LATER_DIGEST),
    ],
)
async def test_a_reader_without_a_usable_past_is_told_why(
    current: dict[str, Baseline], runs: Baselines, reason: Reason
) -> None:
    compared = await past(current, runs=runs)
    assert (compared.compared_with, compared.earlier) == ({"deals": None}, {})
    assert compared.why_first == {"deals": reason}


async def test_an_answer_to_another_question_is_no_past() -> None:
    other = Stored({"before": answer([deal("a")], at=NOW - HOUR, fingerprint="other")})
    assert (await past({"deals": BASELINE}, snapshots=other)).why_first == {"deals": Reason.QUERY_CHANGED}


def slot_of(late: timedelta, schedule: Schedule = BOTH) -> RunSlot:
    return RunSlot(bundle_with(schedule), schedule, str(RUN.key), NOW, NOW + late)


COMPARISON = Comparison({"deals": BASELINE, "other": None}, {"deals": BEFORE}, {"other": Reason.FIRST})


def test_a_digest_is_made_from_the_answers_one_past_and_what_is_known_of_the_queries() -> None:
    context = digest_context(OneQuery(SPEC), Stepped(), slot_of(HOUR), found(deals=NOW_ANSWER), COMPARISON)  # type: ignore[arg-type]  # of the connectors it asks for queries alone
    assert context.baselines == {"deals": (BASELINE, BEFORE), "other": None}
    assert context.traits["deals"].lists_opportunities
    assert context.connections == {"close": "any"}
    assert context.next_slot == NOW + HOUR


@pytest.mark.parametrize(("seconds", "late"), [(0, 0), (60, 0), (61, 61)])
def test_a_run_is_late_once_its_grace_is_over(seconds: int, late: int) -> None:
    connectors: Any = OneQuery(SPEC)
    of = slot_of(timedelta(seconds=seconds))
    assert digest_context(connectors, Stepped(), of, found(), COMPARISON).late == late


def test_a_run_that_is_spread_is_not_late_by_its_share() -> None:
    connectors: Any = OneQuery(SPEC)
    spread = replace(BOTH, spread=1800)
    share = delay_of(spread.id, 1800)
    assert digest_context(connectors, Stepped(), slot_of(share, spread), found(), COMPARISON).late == 0


async def test_one_past_and_one_runs_answers_always_give_the_same_digest() -> None:
    made, answers = digests(), found(deals=NOW_ANSWER)
    first, second = [await made.composed("key", slot_of(timedelta()), answers, COMPARISON, TEAM) for _ in range(2)]
    one = first.digest
    assert one == second.digest
    assert (one.run, one.since, one.next_slot) == (str(RUN.key), NOW - HOUR, NOW + HOUR)


async def test_a_condition_is_compiled_once_for_all_readers_who_have_it() -> None:
    conditions: Any = Least()
    made, answers = digests(expressions=conditions), found(deals=NOW_ANSWER)
    for name in ("first", "second"):
        await made.composed("key", slot_of(timedelta()), answers, COMPARISON, replace(TEAM, id=name, rows="7"))
    assert conditions.compiled == 1


ALERTS = replace(ROW, key=replace(KEY, reader=f"alert:{READER.id}"), content="known")


async def test_what_a_run_tells_of_alerts_is_read_from_the_store_and_moves_no_baseline() -> None:
    made = digests(run=replace(ANSWERED, notified=1))
    told = await made.open(ALERTS)
    assert told.alerts is not None
    assert (told.reader, told.entry.template, told.entry.attach, told.notice) == (READER, "alert", (), False)
    assert told.decide() == Decision(send=True, reason=Reason.ALERT)
    assert (told.sent_baselines(), told.skipped_baselines(Reason.NO_CHANGE)) == ({}, {})
    of_rule = replace(ALERTS, key=replace(KEY, reader="alert:team/big|team@acme.example"))
    assert (await made.open(of_rule)).composed is told.composed, "readers who are told the same share it"
    with pytest.raises(TypeError, match="Notification"):
        _ = told.digest


async def test_what_a_run_told_and_is_gone_is_an_error() -> None:
    with pytest.raises(LedgerError, match="not in Redis any more"):
        await digests().open(replace(ALERTS, content="gone"))


@pytest.mark.parametrize(("told", "reason"), [(1, Reason.ALERT), (0, Reason.NO_ALERT)])
async def test_a_digest_that_goes_with_alerts_is_sent_where_its_run_tells_of_one(told: int, reason: Reason) -> None:
    on_alert = replace(BOTH, to=(replace(TEAM, send=Send.ON_ALERT),))
    composed = await digests(schedule=on_alert, run=replace(ANSWERED, notified=told)).open(ROW)
    assert composed.decide() == Decision(send=told > 0, reason=reason)


async def test_a_delivery_is_made_as_if_its_reader_had_another_entry() -> None:
    """Compared with the same past; a condition that nothing fits leaves nothing that could have moved."""
    row = replace(ROW, compared_with={"deals": BASELINE})
    whole = await digests().as_if(row, TEAM)
    assert (whole.changed, whole.narrowed) == (True, False)
    few = await digests().as_if(row, replace(TEAM, rows="99999999"))
    assert (few.changed, few.narrowed) == (False, True)
    assert await digests(run=replace(ANSWERED, key=RunKey("weekly", NOW - HOUR))).as_if(row, TEAM) is None

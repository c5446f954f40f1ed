"""Whether a digest goes out, and how a reader's baselines move: the table of docs/semantics.md, row by row."""

from datetime import timedelta

import pytest

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, open_deals, schedule
from tests.support.traits import traits_of
from worker.domain.decide import decide, same_answer, sent_baselines, skipped_baselines, why_unusable
from worker.domain.delivery import Baseline
from worker.domain.diff.changes import query_change
from worker.domain.digest.compose import compose
from worker.domain.digest.context import Compared, DigestContext
from worker.domain.digest.model import Digest
from worker.domain.reason import Reason
from worker.domain.schedule import Send
from worker.domain.snapshot.requests import requests
from worker.domain.snapshot.snapshot import Gap, GapReason, Snapshot

OLD = answer([deal("a", 900)], at=LAST_WEEK)
SAME = answer([deal("a", 900)], at=THIS_WEEK, followed=[])
RAISED = answer([deal("a", 950)], at=THIS_WEEK, followed=[])
RENAMED = answer([deal("a", 900, title="Another name")], at=THIS_WEEK, followed=[])
NOTHING = answer([], at=THIS_WEEK, followed=[])
AT_OLD = Baseline("old", LAST_WEEK, LAST_WEEK)


def digest(now: Snapshot, before: Snapshot | None) -> Digest:
    past: Compared | None = None if before is None else (AT_OLD, before)
    baselines = {"deals": past}
    plan = schedule(open_deals())
    return compose(DigestContext(plan, "run", THIS_WEEK, traits_of(plan), {"deals": now}, baselines=baselines))


@pytest.mark.parametrize(
    ("now", "before", "send", "sends", "reason"),
    [
        (SAME, None, Send.ON_CHANGE, True, Reason.FIRST),
        (SAME, None, Send.ALWAYS, True, Reason.FIRST),
        (SAME, OLD, Send.ALWAYS, True, Reason.ALWAYS),
        (SAME, OLD, Send.ON_CHANGE, False, Reason.NO_CHANGE),
        (RENAMED, OLD, Send.ON_CHANGE, False, Reason.NO_CHANGE),
        (RAISED, OLD, Send.ON_CHANGE, True, Reason.CHANGED),
        (NOTHING, OLD, Send.ON_CHANGE, True, Reason.CHANGED),
        (NOTHING, answer([], at=LAST_WEEK), Send.ON_CHANGE, False, Reason.EMPTY),
        (NOTHING, answer([], at=LAST_WEEK), Send.ALWAYS, True, Reason.ALWAYS),
    ],
)
def test_a_digest_goes_or_stays_for_one_named_reason(
    now: Snapshot, before: Snapshot | None, send: Send, sends: bool, reason: Reason
) -> None:
    decision = decide(send, digest(now, before))
    assert (decision.send, decision.reason) == (sends, reason)


def test_somebody_who_asks_gets_it_even_unchanged() -> None:
    decision = decide(Send.ON_CHANGE, digest(SAME, OLD), on_demand=True)
    assert (decision.send, decision.reason) == (True, Reason.REQUESTED)


@pytest.mark.parametrize(
    ("now", "before", "sends", "reason"),
    [
        (NOTHING, answer([], at=LAST_WEEK), False, Reason.EMPTY),
        (NOTHING, None, False, Reason.EMPTY),
        (NOTHING, OLD, True, Reason.ALWAYS),  # what left is something to show
        (SAME, OLD, True, Reason.ALWAYS),
    ],
)
def test_a_reader_may_leave_out_what_has_nothing_to_show(
    now: Snapshot, before: Snapshot | None, sends: bool, reason: Reason
) -> None:
    decision = decide(Send.ALWAYS, digest(now, before), skip_if_empty=True)
    assert (decision.send, decision.reason) == (sends, reason)


def test_an_empty_digest_that_somebody_asks_for_is_sent() -> None:
    assert decide(Send.ALWAYS, digest(NOTHING, None), on_demand=True, skip_if_empty=True).send


def test_an_address_that_refused_for_good_is_left_alone_whoever_asks() -> None:
    decision = decide(Send.ALWAYS, digest(RAISED, OLD), on_demand=True, suspended=True)
    assert (decision.send, decision.reason) == (False, Reason.SUSPENDED)


def test_a_query_that_was_edited_sends_a_first_digest() -> None:
    edited = answer([deal("a", 900)], at=THIS_WEEK, fingerprint="edited", followed=[])
    found = digest(edited, OLD)
    assert decide(Send.ON_CHANGE, found).reason is Reason.FIRST
    assert found.sources[0].since_reason is Reason.QUERY_CHANGED


# Baselines.


def test_a_sent_digest_moves_the_baseline_to_what_it_showed() -> None:
    moved = sent_baselines(THIS_WEEK, {"deals": "new"}, {"deals": RAISED})
    assert moved == {"deals": Baseline("new", THIS_WEEK, RAISED.as_of[0])}


def test_a_first_sent_digest_makes_the_baseline() -> None:
    assert set(sent_baselines(THIS_WEEK, {"deals": "new"}, {"deals": SAME})) == {"deals"}


def test_a_gap_leaves_its_own_baseline_and_moves_the_others() -> None:
    stalled = answer([deal("a")], query="stalled")
    assert set(sent_baselines(THIS_WEEK, {"stalled": "new"}, {"stalled": stalled})) == {"stalled"}


def test_a_skipped_unchanged_digest_moves_it_only_if_every_cell_is_equal() -> None:
    ids, current = {"deals": "new"}, {"deals": AT_OLD}
    assert set(skipped_baselines(THIS_WEEK, ids, {"deals": SAME}, current, {"deals": OLD})) == {"deals"}
    assert skipped_baselines(THIS_WEEK, ids, {"deals": RENAMED}, current, {"deals": OLD}) == {}
    assert skipped_baselines(THIS_WEEK, ids, {"deals": RAISED}, current, {"deals": OLD}) == {}


def test_a_skipped_digest_makes_no_baseline_where_there_was_none() -> None:
    assert skipped_baselines(THIS_WEEK, {"deals": "new"}, {"deals": SAME}, {}, {"deals": OLD}) == {}
    assert skipped_baselines(THIS_WEEK, {"deals": "new"}, {"deals": SAME}, {"deals": AT_OLD}, {}) == {}


def test_a_baseline_is_unusable_when_it_is_gone_too_old_or_of_another_question() -> None:
    assert why_unusable(None, None, SAME, THIS_WEEK) is Reason.FIRST
    assert why_unusable(AT_OLD, None, SAME, THIS_WEEK) is Reason.BASELINE_EXPIRED
    edge = LAST_WEEK + timedelta(days=400)
    assert why_unusable(AT_OLD, OLD, SAME, edge) is None
    assert why_unusable(AT_OLD, OLD, SAME, edge + timedelta(seconds=1)) is Reason.BASELINE_EXPIRED
    assert why_unusable(AT_OLD, OLD, answer([], fingerprint="edited"), THIS_WEEK) is Reason.QUERY_CHANGED
    assert why_unusable(AT_OLD, OLD, None, THIS_WEEK) is None


def test_the_same_rows_read_later_are_the_same_answer() -> None:
    assert same_answer(OLD, SAME)
    assert not same_answer(OLD, RENAMED)
    assert not same_answer(OLD, answer([deal("a", 900)], fingerprint="edited"))


def test_a_gap_alone_neither_changes_nor_empties_a_digest() -> None:
    gap = Gap("deals", GapReason.UNAVAILABLE, "Close did not answer.")
    stalled = answer([], query="stalled", at=THIS_WEEK, followed=[])
    plan = schedule(open_deals(), open_deals("stalled"), bridge="deals")
    found = compose(
        DigestContext(
            plan,
            "run",
            THIS_WEEK,
            traits_of(plan),
            {"stalled": stalled},
            gaps=(gap,),
            baselines={"deals": (AT_OLD, OLD), "stalled": (AT_OLD, answer([], query="stalled", at=LAST_WEEK))},
        )
    )
    decision = decide(Send.ON_CHANGE, found)
    assert (decision.send, decision.reason) == (False, Reason.NO_CHANGE)


def test_how_many_requests_an_answer_took_makes_it_no_other_answer() -> None:
    one, more = (answer([deal("a")], tables=(requests([("GET /things", n, n, False)]),)) for n in (1, 2))
    assert same_answer(one, more)
    assert not query_change(one, more)

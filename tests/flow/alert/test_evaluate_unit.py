"""Rules over what a run found, each evaluated once."""

from dataclasses import replace
from datetime import timedelta

from tests.support.alert_fakes import BIG, LARGE, NOTHING, SMALL, WATCHED, Ledger, found, listed, parts
from tests.support.fakes import NOW, WEEKLY
from worker.domain.alert.evaluation import Skip
from worker.domain.alert.rule import Inhibition
from worker.domain.alert.state import AlertReason, RuleState
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.alert.evaluate import baselines, evaluate_rules, rule_baselines, rule_contexts
from worker.ports import AlertMemory

HOUR = timedelta(hours=1)
EARLIER = RuleState("m", "before", NOW - HOUR)


async def test_each_rule_knows_its_query_and_where_its_fingerprints_come_from() -> None:
    inhibited = replace(WATCHED, inhibit=(Inhibition("big", "other", ("owner",)), Inhibition("x", "y", ("stage",))))
    (context,) = await rule_contexts(parts(), found(SMALL, schedule=inhibited), replace(NOTHING, origin="formerly"))
    assert (context.schedule, context.query, context.kept) == ("weekly", "deals", frozenset({"owner"}))
    assert context.traits.lists_opportunities
    (renamed,) = await rule_contexts(parts(), found(SMALL), NOTHING)
    assert context.fingerprint("a") != renamed.fingerprint("a")


async def test_what_fires_is_found_and_the_answer_becomes_the_baseline() -> None:
    run = found(LARGE, SMALL)
    made = await evaluate_rules(run, await rule_contexts(parts(), run, NOTHING), NOTHING, {})
    assert [(one.subject, one.reason) for one in made["big"].transitions] == [("a", AlertReason.FIRST)]
    assert (made["big"].state.snapshot, made["big"].state.slot) == ("at 08", NOW)


async def test_a_run_without_an_answer_counts_one_evaluation_without_data() -> None:
    run = found()
    made = await evaluate_rules(run, await rule_contexts(parts(), run, NOTHING), NOTHING, {})
    assert (made["big"].state.missing, made["big"].skipped) == (1, Skip.GAP)


async def test_a_slot_that_is_not_later_than_the_last_changes_nothing() -> None:
    run, memory = found(LARGE), AlertMemory("weekly", {"big": replace(EARLIER, slot=NOW)}, {})
    made = await evaluate_rules(run, await rule_contexts(parts(), run, NOTHING), memory, {})
    assert made["big"].skipped is Skip.OLDER


class Counted:
    loads = 0

    async def load(self, snapshot_id: str) -> Snapshot | None:
        self.loads += 1
        return listed(SMALL) if snapshot_id == "before" else None


async def test_a_baseline_of_several_rules_is_loaded_once_and_one_that_is_gone_is_none() -> None:
    stored = Counted()
    states = [EARLIER, EARLIER, replace(EARLIER, snapshot="gone"), RuleState()]
    assert set(await baselines(stored, states)) == {"before"}  # type: ignore[arg-type]
    assert stored.loads == 2


async def test_what_rules_are_compared_with_is_a_baseline_in_use() -> None:
    memory = AlertMemory("weekly", {"big": EARLIER, "gone": EARLIER}, {})
    before = listed(SMALL, at=NOW - HOUR)
    (known,) = await rule_baselines(parts(Ledger(memory), {"before": before}), WATCHED)
    assert (known["deals"].snapshot, known["deals"].slot) == ("before", NOW - HOUR)
    assert known["deals"].as_of == before.as_of[0]
    assert await rule_baselines(parts(Ledger(memory)), WATCHED) == (), "it is no longer stored"
    assert await rule_baselines(parts(Ledger(memory), {"before": before}), WEEKLY) == (), "it has no rules"
    assert BIG.query == "deals"

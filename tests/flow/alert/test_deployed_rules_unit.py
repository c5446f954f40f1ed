"""Rules in force, by the names that people use."""

from dataclasses import replace

import pytest

from tests.support.alert_fakes import BIG, NOTHING, WATCHED, in_force
from tests.support.fakes import NOW, Deployed, bundle_with
from worker.domain.alert.rule import Form
from worker.errors import NotFound, RequestError
from worker.flow.alert.deployed_rules import as_run, bundle_in_force, contexts_of, event_rules, find_rule

OTHER = replace(WATCHED, id="other", alerts=(BIG, replace(BIG, id="own")))


async def test_nothing_is_in_force_before_the_first_deployment() -> None:
    with pytest.raises(RequestError, match="funnelbeat deploy"):
        await bundle_in_force(in_force(deployments=Deployed(None)).deployments)
    assert (await bundle_in_force(in_force().deployments)).project == "acme"


def test_a_rule_is_found_by_its_id_if_only_one_schedule_has_it() -> None:
    bundle = bundle_with(WATCHED, OTHER)
    assert find_rule(bundle, "own").schedule.id == "other"
    assert find_rule(bundle, "weekly/big").schedule.id == "weekly"
    with pytest.raises(RequestError, match="weekly/big, other/big"):
        find_rule(bundle, "big")
    with pytest.raises(NotFound, match="did you mean own"):
        find_rule(bundle, "owm")
    with pytest.raises(NotFound, match="there are: none"):
        find_rule(bundle_with(replace(WATCHED, alerts=())), "x")


def test_rules_about_changes_are_named_with_their_schedules() -> None:
    joined = replace(WATCHED, id="other", alerts=(BIG, replace(BIG, id="joined", form=Form.CHANGES)))
    bundle = bundle_with(WATCHED, joined)
    assert event_rules(bundle) == event_rules(bundle, "other") == ["other/joined"]
    assert event_rules(bundle, "weekly") == []


async def test_rules_as_an_evaluation_would_see_them() -> None:
    uses = in_force()
    contexts = await contexts_of(uses, bundle_with(WATCHED), WATCHED, NOTHING)
    assert [one.rule.id for one in contexts] == ["big"]
    made = as_run(WATCHED, contexts, {}, NOTHING, (), NOW)
    assert (made.slot, made.evaluations["big"].state.alerts, made.connections) == (NOW, {}, {"deals": "close"})

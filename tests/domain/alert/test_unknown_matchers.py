"""A silence with a misspelt name says so."""

from dataclasses import replace

import pytest

from tests.support.alert_fakes import BIG, WATCHED
from worker.domain.alert.matcher_text import parse_matcher
from worker.domain.alert.rule import Inhibition
from worker.domain.alert.unknown_matchers import unknown_matchers

DEPLOYED = replace(
    WATCHED,
    alerts=(replace(BIG, labels={"team": "north"}), replace(BIG, id="by-user", by="user_id")),
    inhibit=(Inhibition("big", "by-user", ("contact",)),),
)


@pytest.mark.parametrize(
    ("matcher", "said"),
    [
        ("rule=nope", "no deployed rule is called 'nope'; there are: big, by-user"),
        ("rule=bigg", "no deployed rule is called 'bigg'; did you mean `big`? There are: big, by-user"),
        ("rule=~nop.*", "no deployed rule matches 'nop.*'; there are: big, by-user"),
        ("schedule=week", "no schedule with alerts is called 'week'; did you mean `weekly`? There are: weekly"),
        ("severity=crit", "no severity is called 'crit'; did you mean `critical`? There are: critical, "),
        ("taem=north", "no deployed rule has a label 'taem'; did you mean `team`? There are: contact, fingerprint, "),
        ("taem!=north", "no deployed rule has a label 'taem'; did you mean `team`?"),
    ],
)
def test_a_name_that_no_rule_has_is_said(matcher: str, said: str) -> None:
    (warning,) = unknown_matchers([parse_matcher(matcher)], [DEPLOYED])
    assert warning.startswith(said)


@pytest.mark.parametrize(
    "matcher",
    [
        "rule=big",
        "rule=~b.*",
        "rule!=gone",
        "rule!~gone",
        "schedule=weekly",
        "severity=critical",
        "owner=Nobody",
        "team=south",
        "user_id=u1",
        "contact=c1",
        "fingerprint=00ff",
    ],
)
def test_what_may_match_an_alert_to_come_is_no_reason_to_warn(matcher: str) -> None:
    assert unknown_matchers([parse_matcher(matcher)], [DEPLOYED]) == ()


def test_without_rules_every_name_is_unknown() -> None:
    assert unknown_matchers([parse_matcher("rule=big")], []) == ("no deployed rule is called 'big'; there are: none",)

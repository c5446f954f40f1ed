"""Words to the operator about rules without data."""

from dataclasses import replace
from typing import Any

from tests.support.alert_fakes import WATCHED
from tests.support.fakes import NOW, RUN, WEEKLY, Takes, bundle_with, uses
from worker.domain.alert.notification import Finding, Notification, RuleShown
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import NO_DATA_SUBJECT, SubjectFacts
from worker.domain.notice import Trouble
from worker.domain.reason import Reason
from worker.flow.alert.operator_notices import of_rules, of_unread

CONNECTORS: Any = uses(takes=Takes("mail").takes)
BUNDLE = bundle_with(WEEKLY, operator="ops@acme.example")
FACTS = SubjectFacts(NO_DATA_SUBJECT, "deals")


def told(*reasons: AlertReason) -> Notification:
    shown = tuple(RuleShown(f"rule{n}", f"Rule {n}", "", "deals") for n in range(len(reasons)))
    findings = tuple(Finding("f", f"rule{n}", one, FACTS, Severity.WARNING, NOW, NOW) for n, one in enumerate(reasons))
    return Notification(RUN.key, "Weekly", NOW, NOW, shown, findings)


def test_each_rule_is_told_by_itself() -> None:
    made = of_rules(CONNECTORS, BUNDLE, WEEKLY, [told(AlertReason.NO_DATA, AlertReason.DATA_BACK)], NOW)
    assert [(one.notice.trouble, one.notice.reason, one.notice.subject) for one in made] == [
        (Trouble.NO_DATA, Reason.NO_DATA, "no_data weekly rule0"),
        (Trouble.NO_DATA, Reason.DATA_BACK, "data_back weekly rule1"),
    ]
    assert len({one.reader for one in made}) == 2
    assert made[0].reader.startswith("operator/")
    assert made[0].notice.causes[0].who == "Rule 0"


def test_nobody_is_told_where_no_operator_is_named() -> None:
    nobody = replace(BUNDLE, defaults=replace(BUNDLE.defaults, operator=None))
    assert of_rules(CONNECTORS, nobody, WEEKLY, [told(AlertReason.NO_DATA)], NOW) == ()


def test_a_rule_that_cannot_be_evaluated_is_told_with_what_is_wrong() -> None:
    faults = {rule.id: "it has version 2" for rule in WATCHED.alerts}
    made = of_unread(CONNECTORS, BUNDLE, WATCHED, RUN.key, faults, NOW)
    (rule,), (one,) = WATCHED.alerts, made
    assert (one.notice.reason, one.notice.subject) == (Reason.NOT_READ, f"not_read {WATCHED.id} {rule.id}")
    assert [(cause.who, cause.sentence) for cause in one.notice.causes] == [(rule.name, "it has version 2")]
    nobody = replace(BUNDLE, defaults=replace(BUNDLE.defaults, operator=None))
    assert of_unread(CONNECTORS, nobody, WATCHED, RUN.key, faults, NOW) == ()

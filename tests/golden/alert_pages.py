"""The page behind the link of a mail about alerts, in the states that a reader meets, by name."""

from dataclasses import replace
from datetime import timedelta

from tests.golden.alerts import HALVORSEN, LUMEN, PELLWORM, SCHEDULE, SLOT, deal, euros
from worker.domain.alert.alerts_page import AlertsPage
from worker.domain.alert.listed import ListedAlert, Quiet
from worker.domain.alert.rule import Form, Rule, alert_fingerprint
from worker.domain.alert.state import Acknowledgement, AlertState, Phase, Withheld
from worker.domain.alert.subject import NO_DATA_SUBJECT, Amount, SubjectFacts
from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.domain.schedule import Defaults, Subscription
from worker.domain.snapshot.snapshot import Kind

ADDRESS = "mina.okafor@acme.example"
ENTRY = Subscription("team", "email", ADDRESS, "alert", "en_GB", "Europe/Berlin")
LINK = Link(Purpose.ALERTS, Reader(SCHEDULE, "team", ADDRESS), SLOT + timedelta(days=30))
BIG = Rule("big-deal-stalled", "Big deal stalled", Form.ROWS, "stalled-deals", "row.value >= 50000")
SHARE = Rule("won-share", "Won share under 30%", Form.QUERY, "won-and-lost", "now.share < 0.3")
LONG = "שלום <b>Donaudampfschifffahrtsgesellschaft</b> " + "W" * 40
HOSTILE = deal(LONG, euros(150_000_000_000), "דב כהן", "Demo", 9)


def listed(facts: SubjectFacts, rule: Rule = BIG, *, days: int = 0) -> ListedAlert:
    """It fires since `days` ago."""
    state, subject = AlertState(Phase.FIRING, SLOT - timedelta(days=days), facts), facts.key
    return ListedAlert(SCHEDULE, rule, subject, alert_fingerprint("acme", SCHEDULE, rule.id, subject), {}, state, SLOT)


def page(*alerts: ListedAlert) -> AlertsPage:
    return AlertsPage(LINK, SLOT, Defaults(), "Stalled watch", ENTRY, alerts)


def acked(one: ListedAlert) -> ListedAlert:
    return replace(one, ack=Acknowledgement(one.fingerprint, ADDRESS, SLOT, "called"))


def snoozed(one: ListedAlert) -> ListedAlert:
    return replace(one, quiet=Quiet(Withheld.SNOOZED, ADDRESS, "1", SLOT + timedelta(days=7)))


ONE = listed(HALVORSEN, days=5)
SEVERAL = (
    listed(SubjectFacts("won-and-lost", "won-and-lost", Amount(Kind.RATIO, 0.1818)), SHARE),
    listed(PELLWORM, days=1),
    acked(listed(LUMEN, days=8)),
    ONE,
    replace(listed(SubjectFacts("stalled-deals", "stalled-deals", count=3), days=2), subject=NO_DATA_SUBJECT),
    snoozed(acked(listed(deal("Tallis & Rowe", euros(1_950_000), "Tomás Herrera", "Qualified", 66), days=14))),
)
ALERT_PAGES = {
    "alerts": page(*SEVERAL),
    "alerts-one": page(ONE),
    "alerts-acked": page(acked(ONE)),
    "alerts-none": page(),
    "alerts-hostile": page(listed(HOSTILE)),
}
OVER = "alerts-over"
"""The name of the page after an answer to an alert that fires no more."""

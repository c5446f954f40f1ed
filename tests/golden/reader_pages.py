"""The pages behind the links of a message, in the states that a reader meets, by name."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from worker.domain.alert.silence import AlertFilter
from worker.domain.cap import Cap
from worker.domain.choices import Choices
from worker.domain.delivery import Reader
from worker.domain.left_out import LeftOutCounts
from worker.domain.links import Link, Purpose
from worker.domain.quiet import QuietHours
from worker.domain.reader_page import PAUSES, ReaderPage, SameAddress, SendingTime
from worker.domain.schedule import Defaults, Schedule, Send, Subscription, Trigger
from worker.domain.subscription import Choice, Origin, Preference

NOW = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
ADDRESS = "mina.okafor@acme.example"
ENTRY = Subscription("team", "email", ADDRESS, "pipeline", "en_GB", "Europe/Berlin")
TOLD = replace(ENTRY, id="head", rows="row.value >= 50000", quiet_hours=QuietHours(time(19), time(8)))
LABELS = replace(ENTRY, id="north", alerts=AlertFilter(("big-deal-stalled",), ()))
PLAN = Schedule(
    Trigger("cron", "Europe/Berlin", "0 9 * * MON"),
    id="weekly",
    name="Weekly pipeline",
    report=(),
    to=(ENTRY,),
    notify=(TOLD,),
)
QUARTERS = Trigger("every", "UTC", seconds=900)
DAYS = Trigger("cron", "Europe/Berlin", "0 8 * * *")
OTHERS = (
    SameAddress(Reader("stalled", "head", ADDRESS), "Stalled watch", False, "t1", True, SendingTime(QUARTERS)),
    SameAddress(Reader("site", "team", ADDRESS), "Website week", True, "t2", when=SendingTime(PLAN.trigger)),
    SameAddress(Reader("daily", "team", ADDRESS), "Website day", False, "t3", when=SendingTime(DAYS, collected=True)),
)


def _page(entry: Subscription = ENTRY, purpose: Purpose = Purpose.PREFERENCES) -> ReaderPage:
    expires = NOW + timedelta(days=30) if purpose is Purpose.PREFERENCES else None
    link = Link(purpose, Reader(PLAN.id, entry.id, ADDRESS), expires)
    defaults = Defaults(cap=Cap(5, 86_400))
    last = NOW - timedelta(days=7) if not PLAN.only_alerts(entry) else None
    page = ReaderPage(link, NOW, defaults, PLAN, entry, others=OTHERS, locales=("en_GB", "de_DE"))
    return replace(page, last_sent=last if purpose is Purpose.PREFERENCES else None)


def _said(choice: Choice, until: datetime | None = None) -> Preference:
    return Preference(choice, Origin.LINK, "the reader", NOW, until)


READER_PAGES = {
    "preferences": _page(),
    "preferences-alerts": _page(TOLD),
    "preferences-alerts-labels": _page(LABELS),
    "preferences-alerts-paused": replace(_page(TOLD), preference=_said(Choice.PAUSED, NOW + PAUSES[0])),
    "preferences-alerts-saved": replace(_page(TOLD), saved=True),
    "preferences-tried": replace(
        _page(),
        choices=Choices(Origin.LINK, "the reader", NOW, send=Send.ON_CHANGE, rows="row.value >= 10000"),
        left_out=LeftOutCounts(12, 3, 9, 38),
    ),
    "preferences-wrong": replace(
        _page(TOLD), problem="rows: `row.valu`: found `valu`, expected a column such as value"
    ),
    "stopped": replace(_page(), preference=_said(Choice.UNSUBSCRIBED)),
    "stopped-alerts": replace(_page(TOLD), preference=_said(Choice.UNSUBSCRIBED)),
    "unsubscribe": _page(purpose=Purpose.UNSUBSCRIBE),
    "unsubscribe-alerts": _page(TOLD, Purpose.UNSUBSCRIBE),
    "gone": replace(_page(), schedule=None, entry=None),
}

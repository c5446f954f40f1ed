"""A digest that is sent because something changed names what changed; one that says that nothing did was not."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, THIS_WEEK, answer, deal, open_deals, schedule
from tests.domain.digests import digest
from worker.domain.decide import decide
from worker.domain.digest.model import Digest, Standing
from worker.domain.reason import Reason
from worker.domain.schedule import Query, Send
from worker.domain.snapshot.snapshot import Column, Kind, Measure, Row, Snapshot, table
from worker.domain.time.window import Window
from worker.rendering.page import CUTS, Page
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)
NOW = Window(LAST_WEEK, THIS_WEEK, "Europe/Berlin", "last-week")
BEFORE = Window(LAST_WEEK - timedelta(days=7), LAST_WEEK, "Europe/Berlin", "previous")
NOTHING = ("Nothing moved", "The same figures", "No deal was added", "No step moved")


def website(visitors: int, bounces: int, source: int, window: Window = NOW) -> Snapshot:
    """Totals with a table that is not printed."""
    measures = (
        Measure(("total", "visitors"), Kind.INT, visitors),
        Measure(("total", "visits"), Kind.INT, visitors),
        Measure(("total", "bounces"), Kind.INT, bounces),
        Measure(("total", "bounce_rate"), Kind.RATIO, bounces / 100),
    )
    columns = (Column("name", Kind.TEXT), Column("views", Kind.INT, significant=True, sum=True))
    listed = table("utm_term", columns, [Row("a", ("a", source))])
    return Snapshot("visits", "fp", window, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures, (listed,))


def check(found: Digest) -> None:
    page = Page(found, EN, CUTS[0], (), VOCABULARY)
    decision = decide(Send.ON_CHANGE, found)
    why = page.why or ("", "")
    says_nothing = any(words in text for words in NOTHING for text in (*why, page.preheader))
    if decision.send and decision.reason is Reason.CHANGED:
        moved = page.measure_up is not None or page.shown_bridges or page.changes
        assert moved, found.changes
        assert not why[0].startswith(("Nothing moved", "The same figures"))
        assert "No deal was added" not in page.preheader
    elif found.standing is not Standing.FIRST and says_nothing:
        assert not decision.send


SMALL = st.integers(1, 3)
ANSWERS = st.builds(website, SMALL, SMALL, SMALL)


@given(ANSWERS, ANSWERS, st.none() | ANSWERS, st.sampled_from([NOW, BEFORE]))
@settings(max_examples=150, deadline=None)
def test_a_website_names_what_changed_or_was_not_sent_for_a_change(
    now: Snapshot, past: Snapshot, compared: Snapshot | None, period: Window
) -> None:
    earlier = Snapshot("visits", "fp", period, LAST_WEEK, (LAST_WEEK, LAST_WEEK), past.measures, past.tables)
    against = {} if compared is None else {"visits": compared}
    plan = schedule(Query("visits", "umami", "stats"))
    check(digest(plan, [now], [earlier], compared=against))


VALUES = st.lists(st.sampled_from([100, 200]), min_size=2, max_size=2)
OWNERS = st.sampled_from(["Ann Lindqvist", None])


@given(VALUES, VALUES, OWNERS, OWNERS)
@settings(max_examples=60, deadline=None)
def test_a_list_of_deals_names_what_changed_or_was_not_sent_for_a_change(
    now: list[int], past: list[int], owner: str | None, before: str | None
) -> None:
    rows = [deal(key, value, owner=owner) for key, value in zip("ab", now, strict=True)]
    old = [deal(key, value, owner=before) for key, value in zip("ab", past, strict=True)]
    check(digest(schedule(open_deals(), bridge="deals"), [answer(rows)], [answer(old, at=LAST_WEEK)]))

"""The figure that heads a digest without a list of deals: which one, how it moved, and what is said without it."""

from dataclasses import replace

from tests.domain.builders import THIS_WEEK, answer, deal, open_deals, schedule
from tests.domain.digests import digest
from worker.domain.digest.model import Digest, Standing
from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import Column, Gap, GapReason, Kind, Measure, Row, Snapshot, table
from worker.rendering.page import CUTS, Page
from worker.rendering.wording import Wording
from worker.sanitize import plain
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)
VISITS = Query("visits", "umami", "stats")
SALES = Query("sales", "umami", "revenue", params={"currency": "EUR"})
FUNNEL = Query("funnel", "umami", "funnel")
COLUMNS = (
    *(Column("label", Kind.TEXT), Column("type", Kind.TEXT), Column("position", Kind.INT), Column("count", Kind.INT)),
    Column("count_conversion_rate", Kind.RATIO),
)


def visits(visitors: int) -> Snapshot:
    measures = (
        Measure(("total", "visitors"), Kind.INT, visitors),
        Measure(("total", "visits"), Kind.INT, 2 * visitors),
    )
    return Snapshot("visits", "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)


def sales(cents: int | None) -> Snapshot:
    measures = (
        Measure(("total", "revenue"), Kind.MONEY, cents, "EUR"),
        Measure(("total", "transactions"), Kind.INT, 3),
    )
    return Snapshot("sales", "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)


def funnel(*counts: int) -> Snapshot:
    names, last = ("/pricing", "signup", "purchase"), len(counts) - 1
    rows = [
        Row(
            str(at),
            (
                names[at],
                "won" if at == last else "active",
                at,
                count,
                None if at == last or not count else counts[at + 1] / count,
            ),
        )
        for at, count in enumerate(counts)
    ]
    rate = Measure(("total", "conversion_rate"), Kind.RATIO, counts[-1] / counts[0] if counts[0] else None)
    at = (THIS_WEEK, THIS_WEEK)
    return Snapshot("funnel", "fp", None, THIS_WEEK, at, (rate,), (table("stages", COLUMNS, rows),))


def page(found: Digest) -> Page:
    return Page(found, EN, CUTS[0], (), VOCABULARY)


def test_a_conversion_goes_before_visitors_and_visitors_before_revenue() -> None:
    now = [sales(5_000), visits(20), funnel(100, 30, 6)]
    for items, name in (
        ((SALES, VISITS, FUNNEL), "conversion_rate"),
        ((SALES, VISITS), "visitors"),
        ((SALES,), "revenue"),
    ):
        found = digest(schedule(*items), [one for one in now if one.query_id in {item.id for item in items}])
        assert found.measure is not None
        assert found.measure.figure.name == name


def test_key_chooses_another_figure_also_beside_a_list_of_deals() -> None:
    plan = schedule(open_deals(), VISITS, SALES)
    now = [answer([deal("a")]), visits(20), sales(5_000)]
    assert digest(plan, now).key_query == "deals"
    found = digest(replace(plan, key="sales"), now)
    assert found.measure is not None
    assert (found.key_query, found.measure.query_id, found.keys) == (None, "sales", ())


def test_nothing_is_printed_twice() -> None:
    found = digest(schedule(VISITS, SALES), [visits(20), sales(5_000)], [visits(25), sales(4_000)])
    assert found.measure is not None
    names = [found.measure.figure.name, *(one.name for section in found.figures for one in section.figures)]
    names += [one.name for fact in found.facts for one in (fact.figure, *fact.beside)]
    assert len(names) == len(set(names))
    assert [(fact.label, fact.figure.name) for fact in found.facts] == [("money", "revenue"), ("visits", "visits")]


def test_a_figure_that_did_not_come_is_not_known_and_says_what_it_was() -> None:
    gaps = (Gap("visits", GapReason.UNAVAILABLE, "503", 4), Gap("sales", GapReason.UNAVAILABLE, "503", 4))
    found = digest(schedule(VISITS, SALES, FUNNEL), [funnel(100, 30, 6)], [visits(25), sales(4_000)], gaps[1])
    assert found.standing is not Standing.UNKNOWN
    [money] = page(found).facts
    assert (money.line, money.more, money.missing) == ("Not known today", "Last known €40", True)
    lost = digest(schedule(VISITS, SALES), [sales(5_000)], [visits(25)], gaps[0])
    assert (lost.standing, lost.measure and lost.measure.missing) == (Standing.UNKNOWN, True)
    assert page(lost).subject == "Incomplete: Visitors missing · Weekly pipeline"
    assert page(lost).last_known == "Last known 25"


def test_few_people_are_counted_and_no_share_is_made_of_them() -> None:
    found = digest(schedule(FUNNEL), [funnel(8, 5, 2)], compared={"funnel": funnel(9, 5, 3)})
    shown = page(found)
    assert (shown.measure_value, plain(shown.measure_movement)) == ("2 of 8", "−1 person")
    assert shown.why[0] == "signup to purchase, 2 of 5"
    assert "%" not in plain(" ".join((*shown.why, shown.subject, shown.preheader)))


def test_a_step_is_said_in_points_and_in_people_at_the_rate_before() -> None:
    found = digest(schedule(FUNNEL), [funnel(100, 30, 6)], compared={"funnel": funnel(120, 35, 11)})
    lead, more = page(found).why
    assert plain(lead) == "signup to purchase, −11 pp, −3 people"
    assert plain(more).startswith("6 of 30 went on, 9 at the rate before. /pricing to signup +1 pp")
    assert plain(page(found).subject).startswith("6.0% conversion, −3.2 pp")


def test_what_stands_still_says_so() -> None:
    found = digest(schedule(FUNNEL), [funnel(100, 30, 6)], compared={"funnel": funnel(100, 30, 6)})
    shown = page(found)
    assert (shown.measure_movement, shown.measure_up) == ("Unchanged", None)
    assert plain(shown.subject).startswith("6.0% conversion, unchanged")


def test_where_nobody_came_words_stand_in_place_of_a_figure() -> None:
    """A dash alone looked like a fault of the message."""
    found = digest(schedule(FUNNEL), [funnel(0, 0, 0)], [funnel(100, 30, 6)])
    shown = page(found)
    assert plain(shown.measure_value) == plain(shown.measure_none) == "Nobody at /pricing"
    assert plain(shown.measure_before) == "6.0% before"
    assert (shown.measure_movement, shown.why) == ("", None)
    assert plain(shown.subject) == "Nobody at /pricing · Weekly pipeline"
    assert "–" not in shown.preheader


def test_a_figure_without_a_value_says_what_there_was_none_of() -> None:
    found = digest(schedule(SALES), [sales(None)], [sales(5_000)])
    shown = page(found)
    assert plain(shown.measure_value) == "No sales"
    assert plain(shown.measure_before) == "€50 before"
    assert plain(shown.subject) == "Revenue: no sales · Weekly pipeline"


def test_a_fact_without_a_value_says_what_there_was_none_of() -> None:
    found = digest(schedule(VISITS, SALES), [visits(20), sales(None)], [visits(30), sales(5_000)])
    [money, _] = page(found).facts
    assert (money.label, plain(money.line)) == ("Money", "No sales, before €50")
    assert "Revenue: no sales" in page(found).preheader
    german = Page(found, Wording("de_DE", "Europe/Berlin", 2026, VOCABULARY.words), CUTS[0], (), VOCABULARY)
    assert plain(german.facts[0].line) == "Keine Verkäufe, davor 50 €"

"""Lists of figures: which of an answer's measures stand first."""

from tests.domain.builders import THIS_WEEK, schedule
from tests.domain.digests import digest, totals_item
from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot
from worker.sources.close.metrics import LEADING, TOTALS


def test_a_sales_lead_reads_first_what_was_won() -> None:
    """Ten figures stood in the order of the service's answer; a message prints six."""
    measures = tuple(Measure(("total", name), kind, 1, "EUR") for name, kind in TOTALS.items())
    answer = Snapshot("totals", "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)
    [section] = digest(schedule(totals_item()), [answer]).figures
    names = [figure.name for figure in section.figures]
    assert len(LEADING) == 6
    assert names[: len(LEADING)] == [name for name in LEADING if name in names]
    assert section.neutral == {"average_time_to_win"}, "deals that are won sooner are not bad news"
    assert {*names} == {*TOTALS} - {"count"}, "the first figure heads a digest without deals"


def test_the_others_keep_the_order_of_the_answer() -> None:
    kinds = {"one": Kind.INT, "value_total_won": Kind.MONEY, "two": Kind.INT}
    measures = tuple(Measure(("total", name), kind, 1, "EUR") for name, kind in kinds.items())
    answer = Snapshot("totals", "fp", None, THIS_WEEK, (THIS_WEEK, THIS_WEEK), measures)
    [section] = digest(schedule(totals_item()), [answer]).figures
    assert [figure.name for figure in section.figures] == ["value_total_won", "two"]

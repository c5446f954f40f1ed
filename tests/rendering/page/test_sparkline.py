"""The key figure in the last runs, as bars beside the number."""

from dataclasses import replace

from tests.golden.digests import NORMAL
from tests.rendering.test_templates import mail
from worker.rendering.page.sparkline import FLOOR, HEIGHT, sparkline


def test_the_lowest_and_the_highest_run_span_the_height_and_the_last_is_marked() -> None:
    bars = sparkline(replace(NORMAL, history=(10.0, 30.0, 20.0)), "€20")
    assert [bar.height for bar in bars] == [FLOOR, HEIGHT, (HEIGHT + FLOOR) // 2]
    assert [bar.last for bar in bars] == [False, False, True]


def test_equal_runs_are_a_flat_line() -> None:
    assert {bar.height for bar in sparkline(replace(NORMAL, history=(5.0,) * 4), "€5")} == {HEIGHT // 2}


def test_there_are_no_bars_of_two_runs_nor_beside_a_long_number() -> None:
    assert sparkline(replace(NORMAL, history=(1.0, 2.0)), "€2") == ()
    assert sparkline(NORMAL, "IDR 21,666,500,000") == ()


def test_a_mail_has_as_many_bars_as_runs() -> None:
    assert mail(NORMAL).html.count('class="skb') == len(NORMAL.history)

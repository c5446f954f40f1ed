"""Lines of numbers: where a number is missing the line breaks, and ticks are round."""

import pytest

from worker.web.console.charts import line_chart, round_ticks, spark, tone_of


def test_a_missing_number_breaks_the_line() -> None:
    found = spark([1, 2, None, 4, 3])
    assert found is not None
    assert len(found.lines) == 2
    assert found.tone == "out"
    assert found.step
    assert found.end is not None


def test_a_line_without_its_newest_number_has_no_end() -> None:
    found = spark([1, 2, 3, None])
    assert found is not None
    assert (found.end, found.step, found.tone) == (None, "", "flat")


def test_two_numbers_are_no_course() -> None:
    assert spark([1, None, 2]) is None
    assert line_chart([("a", 1, "1"), ("b", 2, "2")], []) is None


def test_every_point_is_inside_and_the_highest_is_nearest_the_top() -> None:
    values = [300.0, 100.0, None, 500.0]
    found = line_chart(
        [(str(n), value, str(value)) for n, value in enumerate(values)], [(200.0, "200"), (400.0, "400")]
    )
    assert found is not None
    assert all(0 <= dot.x <= 100 and 0 <= dot.y <= 100 for dot in found.dots)
    assert min(found.dots, key=lambda dot: dot.y).label == "500.0"
    assert [tick.label for tick in found.ticks] == ["400", "200"]
    assert len(found.strokes) == 1
    assert (found.first, found.last) == ("0", "3")


def test_equal_numbers_lie_in_the_middle() -> None:
    found = line_chart([("a", 5, ""), ("b", 5, ""), ("c", 5, "")], [])
    assert found is not None
    assert {dot.y for dot in found.dots} == {50}


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([70_794_200, 93_030_400], [80_000_000, 90_000_000]),
        ([0.21, 0.34], [0.25, 0.30]),
        ([3, 3], [3]),
        ([-120, 180], [-100, 0, 100]),
        ([5.0, 5.4], [5.0, 5.2, 5.4]),
    ],
)
def test_ticks_are_round_numbers_between_the_ends(values: list[float], ticks: list[float]) -> None:
    assert round_ticks(values) == pytest.approx(ticks)


def test_more_is_in_and_less_is_out() -> None:
    assert [tone_of(1, 2), tone_of(2, 1), tone_of(1, 1), tone_of(None, 1)] == ["in", "out", "flat", "flat"]

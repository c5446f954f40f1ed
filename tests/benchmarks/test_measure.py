"""Turns, medians and verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Figure, Result, Verdict, in_turns, printed, quantile


def silent(_text: str) -> None:
    """Nobody watches a test."""


def test_contenders_take_turns_instead_of_running_in_blocks() -> None:
    order: list[str] = []

    def of(who: str, value: float) -> float:
        order.append(who)
        return value

    taken = in_turns({"a": lambda: of("a", 1.0), "b": lambda: of("b", 2.0)}, 3, silent, "case")
    assert order == ["a", "b"] * 3
    assert taken == {"a": (1.0, 1.0, 1.0), "b": (2.0, 2.0, 2.0)}


@pytest.mark.parametrize(
    ("value", "at_least", "met"), [(10.0, True, True), (9.9, True, False), (10.0, False, True), (10.1, False, False)]
)
def test_an_aim_is_met_at_its_own_value_and_on_its_better_side(value: float, at_least: bool, met: bool) -> None:
    verdict = Verdict("ours to theirs", value, "x", 10, at_least=at_least)
    assert verdict.met is met
    text = printed(Result("b", (), (verdict,)))
    assert text.endswith(": met" if met else ": NOT MET")


def test_a_figure_is_printed_with_its_median_and_its_range() -> None:
    text = printed(Result("b", (Figure("case", "ours", "ms", (9.0, 1.0, 2.0)),), ()))
    assert "2 ms [1 to 9]" in text


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_no_more_than_the_rest_exceeds_a_quantile(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value > found for value in values) <= (1 - share) * len(values)

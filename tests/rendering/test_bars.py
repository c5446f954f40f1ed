import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.rendering.bars import from_zero, waterfall


def test_a_waterfall_runs_from_tick_to_tick() -> None:
    bars = waterfall(100, [50, -20])
    assert bars[1].left == pytest.approx(bars[0].left + 0.9, abs=0.02)
    assert bars[2].left + bars[2].width == pytest.approx(bars[1].left + bars[1].width, abs=0.02)
    assert bars[3].left + 0.9 == pytest.approx(bars[2].left, abs=0.02)


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=20))
@settings(max_examples=50)
def test_bars_from_zero_never_show_something_for_nothing(values: list[int | None]) -> None:
    for value, length in zip(values, from_zero(values), strict=True):
        assert (length is None) == (value is None)
        if value is not None and length is not None:
            assert (length == 0) == (value == 0)
            assert 0 <= length <= 100

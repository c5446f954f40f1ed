from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.digests import NORMAL
from worker.domain.digest.model import BridgeLine, BridgeView
from worker.domain.snapshot.opportunity import Move
from worker.rendering.page import Cut
from worker.rendering.page.bridges import MovementRows
from worker.rendering.wording import Wording, direction

EN = Wording("en_GB", "UTC", 2026)

moves = st.lists(st.tuples(st.sampled_from(list(Move)), st.integers(1, 10**9)), min_size=1, max_size=14)


@given(st.integers(0, 10**10), moves)
@settings(max_examples=80)
def test_a_printed_bridge_adds_up(opening: int, parts: list[tuple[Move, int]]) -> None:
    lines = tuple(BridgeLine(move, 1, amount) for move, amount in parts)
    closing = opening + sum(direction(x.move) * x.amount for x in lines)
    rows = MovementRows(NORMAL, EN, Cut()).bridge_rows(BridgeView("EUR", opening, 1, closing, 1, lines))
    printed = [_minor(row.amount) for row in rows]
    assert sum(printed[:-1]) == printed[-1]
    for row in rows:
        assert 0 <= row.bar.left <= row.bar.left + row.bar.width <= 100.01


def _minor(text: str) -> float:
    return round(float(text.replace("−", "-").replace("\u2060", "").replace("€", "").replace(",", "")) * 100)

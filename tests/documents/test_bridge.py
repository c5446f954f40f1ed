"""A bridge as JSON."""

from tests.domain.bridging import made
from tests.domain.builders import deal
from worker.documents.bridge import bridge_document
from worker.domain.snapshot.opportunity import Move

K = 100_000  # a thousand euros in cents


def test_it_names_every_class_in_order_zeros_included() -> None:
    shown = bridge_document(
        made(
            [deal("A", 40 * K), deal("F", 10 * K)], [deal("A", 40 * K), deal("B", K), deal("F", 11 * K, currency="USD")]
        )
    )
    assert list(shown) == ["EUR", "USD"]
    assert list(shown["USD"]) == ["opening", *(move.value for move in Move), "closing"]
    zeros = {move.value: 0 for move in Move}
    assert shown["USD"] == {"opening": 0, **zeros, "converted_in": 11 * K, "closing": 11 * K}


def test_that_of_two_empty_lists_is_empty() -> None:
    assert bridge_document(made([], [])) == {}

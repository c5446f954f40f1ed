"""What messages call a rule."""

import pytest

from worker.domain.alert.rule import name_of


@pytest.mark.parametrize(
    ("rule_id", "words"),
    [("big-deal-stalled", "Big deal stalled"), ("won_share", "Won share"), ("SLA", "SLA"), ("-", "-")],
)
def test_a_rule_without_a_name_is_called_by_its_id_in_words(rule_id: str, words: str) -> None:
    assert name_of(rule_id) == words

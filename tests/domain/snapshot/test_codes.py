import pytest

from worker.domain.snapshot.codes import CodeKind, code_of, coded, worded

WORDS = {
    "stall_reason.rotten": "rotten",
    "stall_reason.late.one": "late by {1} day in {2}",
    "stall_reason.late.other": "in {2}, late by {1} days",
    "next_step.call": "Call",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (coded("rotten"), "rotten"),
        (coded("late", 1, "Offer"), "late by 1 day in Offer"),
        (coded("late", 10, "Offer"), "in Offer, late by 10 days"),
        (coded("late", 10, "Offer: second {1}"), "in Offer: second {1}, late by 10 days"),
        ("late:10", None),
        ("rotten:10", None),
        ("call", None),
        ("a sentence: of somebody", None),
        ("", None),
    ],
)
def test_a_code_is_worded_with_its_values_and_nothing_else_is(text: str, expected: str | None) -> None:
    assert worded(CodeKind.STALL_REASON, text, WORDS) == expected


def test_the_english_word_of_an_older_snapshot_is_its_code() -> None:
    assert code_of(CodeKind.NEXT_STEP, "Call", WORDS) == "call"
    assert code_of(CodeKind.STALL_REASON, "Call", WORDS) == "Call"
    assert code_of(CodeKind.NEXT_STEP, "call", WORDS) == "call"

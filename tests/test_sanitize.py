from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sanitize import NAME_LIMIT, clean, isolate


@given(st.text(alphabet=st.characters(), max_size=400))
@settings(max_examples=200)
def test_a_cleaned_name_is_one_short_harmless_line(name: str) -> None:
    text = clean(name)
    assert len(text) <= NAME_LIMIT
    assert text == " ".join(text.split())
    assert not set(text) & set("\r\n\t\x00\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    text.encode()
    assert clean(text) == text


def test_half_a_surrogate_pair_can_be_sent() -> None:
    assert clean("a\ud800b") == "a\ufffdb"


def test_a_name_from_right_to_left_is_isolated() -> None:
    assert isolate("شركة") == "\u2068شركة\u2069"
    assert isolate("Ümit") == "Ümit"


def test_joiners_that_spelling_needs_are_kept() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"

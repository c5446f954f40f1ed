from dataclasses import replace

from tests.domain.builders import answer, deal, schedule, stalled_deals
from tests.domain.digests import digest
from worker.domain.snapshot.notes import NoteCode, counted, sentence


def test_a_digest_says_what_a_source_noted() -> None:
    now = replace(answer([deal("a")], query="stalled"), notes=("one note", "another"))
    assert digest(schedule(stalled_deals()), [now]).sources[0].notes == ("one note", "another")


def test_what_was_noted_of_the_comparison_is_said_too_and_nothing_twice() -> None:
    now = replace(answer([deal("a")], query="stalled"), notes=("both", "now"))
    earlier = replace(now, notes=("both", "then"))
    told = digest(schedule(stalled_deals()), [now], compared={"stalled": earlier})
    assert told.sources[0].notes == ("both", "now", "then")


def test_a_stalled_list_knows_how_many_deals_nobody_judged() -> None:
    now = replace(answer([], query="stalled"), notes=("a note: of 5", counted(NoteCode.NOT_JUDGED, 6)))
    assert digest(schedule(stalled_deals()), [now]).stalled[0].unjudged == 6
    assert digest(schedule(stalled_deals()), [replace(now, notes=())]).stalled[0].unjudged == 0


def test_a_coded_note_is_a_sentence_in_english_and_any_other_is_as_it_was_written() -> None:
    assert sentence("not_judged:1") == "1 open deal was not judged: the rule knows nothing of its stage"
    assert sentence("not_judged:6") == "6 open deals were not judged: the rule knows nothing of their stage"
    assert sentence("not_judged: by whom") == "not_judged: by whom"

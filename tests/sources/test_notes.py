"""What a source says beside an answer is said in the reader's language: every kind, in every language we ship."""

import importlib
import pkgutil
from dataclasses import replace

import pytest

from tests.golden.digests import NORMAL
from worker import sources
from worker.domain.digest.model import Digest
from worker.domain.snapshot.notes import NoteKind, capped, words_of
from worker.plugins import CONNECTIONS
from worker.rendering.page import Cut, Page
from worker.rendering.wording import SHIPPED, Wording
from worker.vocabulary import VOCABULARY

GIVEN = ("deals.7", "'x' found, a number expected", "3", "12")


def written() -> dict[str, NoteKind]:
    """Every kind that any module of a source defines."""
    modules = [one.name for one in pkgutil.walk_packages(sources.__path__, "worker.sources.")]
    found = (one for name in modules for one in vars(importlib.import_module(name)).values())
    return {one.name: one for one in found if isinstance(one, NoteKind)}


KINDS = written()


def told(note: str, locale: str) -> str:
    digest: Digest = replace(NORMAL, sources=(replace(NORMAL.sources[0], notes=(note,)),))
    [row] = Page(digest, Wording(locale, "UTC", 2026, VOCABULARY.words), Cut(), (), VOCABULARY).source_rows
    return str(row.notes[0])


def test_every_kind_of_note_is_offered_by_its_source() -> None:
    offered = {kind.name for source in CONNECTIONS.values() for kind in source.notes}
    assert set(KINDS) == offered
    assert len(KINDS) > 30


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_note_is_in_the_readers_language(name: str) -> None:
    note = KINDS[name](*GIVEN)
    for locale in ("en_GB", "de_DE"):
        said = told(note, locale)
        assert said == KINDS[name].words[locale[:2]].replace("{1}", GIVEN[0]).replace("{2}", GIVEN[1]).replace(
            "{3}", GIVEN[2]
        )
    assert told(note, "de_DE") != told(note, "en_GB")
    assert set(KINDS[name].words) == SHIPPED


def test_a_kind_without_one_of_the_languages_cannot_be_offered() -> None:
    with pytest.raises(KeyError):
        words_of([NoteKind("half", "{1} is odd", {"en": "odd"})], "de")


def test_a_sentence_of_no_known_kind_is_told_as_it_was_written() -> None:
    assert told("a plug-in's own sentence", "de_DE") == "a plug-in's own sentence"


def test_notes_are_told_once_and_the_rest_is_counted() -> None:
    odd = NoteKind("odd", "{1} is odd", {})
    assert capped([odd("a"), odd("a"), odd("b")], 2) == ("a is odd", "b is odd")
    assert capped([odd("a"), odd("b"), odd("c")], 2) == ("a is odd", "b is odd", "and 1 more notes")

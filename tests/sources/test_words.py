"""Every source's words, in every language of the digests."""

import string
from collections import defaultdict

import pytest

from worker.domain.snapshot.codes import CodeKind, worded
from worker.rendering import words_de, words_en
from worker.sources.close import words as close
from worker.sources.pipedrive import words as pipedrive
from worker.sources.umami import words as umami
from worker.vocabulary import VOCABULARY, merged

SOURCES = {"close": close.WORDS, "pipedrive": pipedrive.WORDS, "umami": umami.WORDS}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("source", SOURCES)
def test_both_languages_have_the_same_words_with_the_same_places(source: str) -> None:
    english, german = SOURCES[source]["en"], SOURCES[source]["de"]
    assert set(english) == set(german)
    assert {key: places(text) for key, text in english.items()} == {key: places(text) for key, text in german.items()}


def test_no_two_sources_word_one_key_differently_and_none_takes_a_key_of_ours() -> None:
    for language, ours in (("en", words_en.WORDS), ("de", words_de.WORDS)):
        texts: dict[str, set[str]] = defaultdict(set)
        for words in SOURCES.values():
            for key, text in words[language].items():
                texts[key].add(text)
        assert [key for key, found in texts.items() if len(found) > 1] == []
        assert set(texts) & set(ours) == set()
        assert merged(SOURCES.values())[language].keys() == texts.keys() == VOCABULARY.words[language].keys()


@pytest.mark.parametrize(
    "reason", ["rotten", "no_update:1:Offer", "days_in_stage:14", "no_next_activity", "idle:90:5:X"]
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_rule_of_pipedrive_has_its_words(reason: str, language: str) -> None:
    assert worded(CodeKind.STALL_REASON, reason, pipedrive.WORDS[language])

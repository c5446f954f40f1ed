"""A language of the project's own is one file below templates/words."""

from pathlib import Path

import pytest

from worker.adapters.definitions.languages import SHIPPED, expected_keys, phrases
from worker.adapters.definitions.load import Loaded, load
from worker.app import registry
from worker.locales import plural_forms
from worker.rendering.wording import SHIPPED as KNOWN
from worker.rendering.words_de import WORDS as GERMAN
from worker.rendering.words_en import WORDS as ENGLISH

PROJECT = "project: acme\nconnections: {close: {type: sandbox}}\nchannels: {email: {type: sandbox}}\n"


def loaded(place: Path, **files: str) -> Loaded:
    (place / "schedules").mkdir()
    (place / "templates" / "words").mkdir(parents=True)
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    for name, text in files.items():
        (place / "templates" / "words" / f"{name}.yaml").write_text(text, "utf-8")
    return load(place, registry(), {})


def test_its_words_are_part_of_the_bundle(tmp_path: Path) -> None:
    found = loaded(tmp_path, fr='act: "À faire"\ndeals.one: "{n} affaire"\n')
    assert found.complaints == ()
    assert found.bundle is not None
    assert found.bundle.languages == {"fr": {"act": "À faire", "deals.one": "{n} affaire"}}


def test_what_a_language_lacks_is_said_and_english_stands_there(tmp_path: Path) -> None:
    [warning] = [one for one in loaded(tmp_path, fr="act: x\n").warnings if one.path == "templates/words/fr.yaml"]
    lacks = len(expected_keys(phrases(registry(), ["sandbox"]), plural_forms("fr"))) - 1
    assert warning.found.startswith(f"no words for {lacks} keys: ")
    assert "English is used" in warning.expected


def test_a_whole_language_lacks_nothing(tmp_path: Path) -> None:
    keys = expected_keys(phrases(registry(), ["sandbox"]), plural_forms("pl"))
    found = loaded(tmp_path, pl="".join(f'{key}: "x"\n' for key in sorted(keys)))
    assert [one for one in found.warnings if "words" in one.path] == []
    assert found.complaints == ()


def test_a_file_for_a_shipped_language_changes_single_phrases(tmp_path: Path) -> None:
    found = loaded(tmp_path, de='act: "Zu tun"\n')
    assert [one for one in found.warnings if "words" in one.path] == []
    assert found.bundle is not None
    assert found.bundle.languages == {"de": {"act": "Zu tun"}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("act: x\nakt: y\n", "templates/words/fr.yaml:2:1: `akt`, which is no phrase; did you mean `act`?"),
        ("deals.other: '{m} affaires'\n", "fr.yaml:1:14: `deals.other` with the place {m}; its places are: {n}"),
        ("act: [x]\n", "fr.yaml:1:6: `act` with a list; write a text"),
        ("- x\n", "fr.yaml:1:1: a list where phrases are due; write `key: text` on each line"),
        ("deals.few: '{n} affaires'\n", "fr.yaml:1:1: `deals.few`, which is no phrase"),
    ],
)
def test_a_phrase_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    assert complaint in "\n".join(map(str, loaded(tmp_path, fr=text).complaints))


def test_a_file_of_no_language_is_refused(tmp_path: Path) -> None:
    [found] = loaded(tmp_path, klingon="act: x\n").complaints
    assert str(found).startswith("templates/words/klingon.yaml:1:1: the language `klingon`")


def test_the_shipped_languages_are_those_that_lack_nothing() -> None:
    assert SHIPPED == KNOWN


def test_both_shipped_languages_have_the_same_keys() -> None:
    assert set(ENGLISH) == set(GERMAN)


SCHEDULE = """\
when: {every: 1h}
report: [{id: deals, source: close, query: opportunities, params: {status_type: active}}]
to:
  - {channel: email, address: a@acme.example, locale: LOCALE}
  - {channel: email, address: b@acme.example, locale: LOCALE}
"""


@pytest.mark.parametrize(("locale", "own", "said"), [("fr_FR", "fr", 0), ("de_AT", "fr", 0), ("pl_PL", "fr", 1)])
def test_a_locale_without_words_is_said_once(tmp_path: Path, locale: str, own: str, said: int) -> None:
    """`locale: fr_FR` without a French file passed `check`, and the mails were in English."""
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "week.yaml").write_text(SCHEDULE.replace("LOCALE", locale), "utf-8")
    (tmp_path / "templates" / "words").mkdir(parents=True)
    (tmp_path / "templates" / "words" / f"{own}.yaml").write_text("act: x\n", "utf-8")
    (tmp_path / "funnelbeat.yaml").write_text(f"{PROJECT}defaults: {{locale: {locale}}}\n", "utf-8")
    found = [str(one) for one in load(tmp_path, registry(), {}).warnings if "locale" in one.found]
    assert len(found) == said
    if said:
        assert found[0] == (
            "funnelbeat.yaml:4:20: `locale: pl_PL`, and no words of the language `pl`: messages are in English, with "
            "numbers and dates of pl_PL; translate what `funnelbeat templates init words/pl` writes, or write a locale "
            "of de, en or fr"
        )

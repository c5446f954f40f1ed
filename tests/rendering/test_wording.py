from datetime import UTC, datetime

import pytest

from worker.domain.reason import SENTENCES, Reason
from worker.domain.snapshot.opportunity import Move
from worker.rendering.wording import Wording
from worker.sanitize import plain

EN = Wording("en_GB", "Europe/Berlin", 2026)
DE = Wording("de-DE", "Europe/Berlin", 2026)
SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)


def test_another_language_gets_its_numbers_and_english_words() -> None:
    french = Wording("fr_FR", "Europe/Paris", 2026)
    assert plain(french.money(8_620_000, "EUR")) == "86 200 €"
    assert french.move_label(Move.WON) == "Won"
    assert french.language == "en"


@pytest.mark.parametrize(
    ("locale", "zone"), [("xx_YY", "UTC"), ("", "UTC"), ("en_GB", "Mars/Base"), ("en_GB", "../etc")]
)
def test_a_locale_or_zone_that_does_not_exist_is_named(locale: str, zone: str) -> None:
    with pytest.raises(ValueError, match="expected one like"):
        Wording(locale, zone)


def test_a_language_of_the_projects_own_has_its_plural_forms_and_english_stands_for_the_rest() -> None:
    own = {"pl": {"deals.one": "{n} umowa", "deals.few": "{n} umowy", "deals.many": "{n} umów", "act": "Zrób"}}
    w = Wording("pl_PL", "Europe/Warsaw", 2026, own=own)
    assert [w.deals(n) for n in (1, 2, 5)] == ["1 umowa", "2 umowy", "5 umów"]
    assert (w.language, w.say("act"), w.say("why")) == ("pl", "Zrób", "Why")


def test_a_project_changes_a_phrase_of_a_shipped_language() -> None:
    assert Wording("de_DE", "Europe/Berlin", own={"de": {"act": "Zu tun"}}).say("act") == "Zu tun"
    assert Wording("en_GB", "Europe/Berlin", own={"de": {"act": "Zu tun"}}).say("act") == "Act"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_said_in_english_and_in_german(reason: Reason) -> None:
    assert EN.reason(reason) == SENTENCES[reason]
    assert DE.reason(reason) not in ("", SENTENCES[reason])


def test_a_stored_sentence_of_ours_is_said_in_the_readers_language_and_a_receivers_words_stay() -> None:
    stored = f"failed – {SENTENCES[Reason.EXHAUSTED]} 550 no such user"
    assert EN.sentence(stored) == stored
    assert DE.sentence(stored) == f"failed – {DE.reason(Reason.EXHAUSTED)} 550 no such user"
    assert DE.reason(None) == ""

"""Sizes, line breaks and colours of mails, measured in Chromium: what no reading of HTML can tell."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.pictures import digest_mails, other_mails, reader_pages
from tests.golden.states import every_state
from tests.measured.browser import CHROMIUM, Measured, measure
from tests.measured.mails import CURRENCIES, LOCALES, branded_mail, entry, in_currency, second_weeks, website
from tests.rendering.test_alerts import entry as alert_entry
from tests.rendering.test_alerts import in_currency as alert_in_currency
from tests.support.contents import mail_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: `make pictures` installs it")

PHONE, NARROWEST, SCREEN = 390, 320, 600
LANGUAGES = ("en_GB", "de_DE")
LONG_WORDS = ("hostile", "alert-hostile", "alert-long", "page-alerts-hostile")
"""Their names hold words that fit no line."""


def faults(found: Mapping[str, Measured]) -> dict[str, tuple[str, ...]]:
    """By mail: elements that are too wide, words and dates that are broken, and words that can hardly be read."""
    told = {}
    for name, one in found.items():
        broken = () if name.startswith(LONG_WORDS) else one.broken
        if said := (*one.wide, *broken, *one.faint):
            told[name] = said
    return told


async def test_number_movement_and_why_stand_above_600_pixels_on_a_phone(tmp_path: Path) -> None:
    """Also below a brand's name, and where the digest tells of others."""
    weeks = await second_weeks(tmp_path)
    mails = {}
    for locale in LANGUAGES:
        for name, digest in {**weeks, "collected": DIGESTS["collected"]}.items():
            mails[f"{name}.{locale}"] = mail_of(digest, entry(locale), linked=True).html
            mails[f"brand-{name}.{locale}"] = branded_mail(digest, locale)
    for name, found in measure(mails, PHONE, tmp_path).items():
        bottoms = {part: found.bottoms[part] for part in ("key", "mv", "ft")}
        assert max(bottoms.values()) < SCREEN, (name, bottoms)


def test_the_whole_bridge_stands_on_the_first_screen_of_a_phone(tmp_path: Path) -> None:
    """375 by 667 pixels: number, movement, why, who must act, and the bridge up to its closing."""
    mails = {name: mail_of(DIGESTS[name], entry(), linked=True).html for name in ("normal", "collected")}
    closing = {name: found.bottoms["lm"] for name, found in measure(mails, 375, tmp_path).items()}
    assert max(closing.values()) <= 667, closing


def test_what_an_alert_says_first_stands_above_600_pixels_on_a_phone(tmp_path: Path) -> None:
    """The subject or the counts, the amount, and of several alerts the first."""
    alerts = {name: alert for name, alert in ALERTS.items() if name not in ("hostile", "long", "no-data")}
    mails = {
        f"{name}.{locale}": html
        for name, alert in alerts.items()
        for locale in LANGUAGES
        for html in (mail_of(alert, alert_entry(locale), linked=True).html,)
    }
    for name, found in measure(mails, PHONE, tmp_path).items():
        first = [found.bottoms[part] for part in ("al", "amt")] + [found.bottoms.get("row", 0)]
        assert max(first) < SCREEN, (name, found.bottoms)


def test_no_mail_is_wider_than_the_narrowest_phone_in_any_locale_and_currency(tmp_path: Path) -> None:
    """Every locale with two currencies, every currency with some locales; `python -m tests.measured` has all."""
    mails = {}
    for at, locale in enumerate(LOCALES):
        code, other = CURRENCIES[at % len(CURRENCIES)], CURRENCIES[(at + 5) % len(CURRENCIES)]
        mails[f"pipeline.{locale}.{code}"] = mail_of(in_currency(code), entry(locale), linked=True).html
        mails[f"website.{locale}.{other}"] = mail_of(website(other), entry(locale), linked=True).html
        mails[f"alert.{locale}.{code}"] = mail_of(alert_in_currency(code), alert_entry(locale), linked=True).html
        mails[f"brand.{locale}.{other}"] = branded_mail(in_currency(other), locale)
    assert faults(measure(mails, NARROWEST, tmp_path)) == {}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [NARROWEST, 375, 600])
async def test_every_message_and_page_can_be_read_at_every_width(width: int, dark: bool, tmp_path: Path) -> None:
    """Digests of every source in every state, collected ones, copies, alerts, notices, those with a brand, and the
    pages of a reader: nothing is too wide, no word, time or date breaks, and every word has a contrast of 4.5.
    """
    digests = {**DIGESTS, **(await every_state(tmp_path))}
    mails = {
        f"{name}.{locale}": html
        for locale in LANGUAGES
        for name, html in (*digest_mails(digests, locale), *other_mails(locale), *reader_pages(locale))
    }
    assert faults(measure(mails, width, tmp_path, dark=dark)) == {}

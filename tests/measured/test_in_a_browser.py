"""Sizes and line breaks of mails, measured in Chromium: what no reading of HTML can tell."""

from pathlib import Path

import pytest

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.states import every_state
from tests.measured.browser import CHROMIUM, measure
from tests.measured.mails import CURRENCIES, LOCALES, entry, in_currency, second_weeks, website
from tests.rendering.test_alerts import entry as alert_entry
from tests.rendering.test_alerts import in_currency as alert_in_currency
from tests.support.contents import mail_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: `make pictures` installs it")

PHONE, NARROWEST, SCREEN = 390, 320, 600


async def test_number_movement_and_why_stand_above_600_pixels_on_a_phone(tmp_path: Path) -> None:
    mails = {
        f"{name}.{locale}": mail_of(digest, entry(locale)).html
        for name, digest in (await second_weeks(tmp_path)).items()
        for locale in ("en_GB", "de_DE")
    }
    for name, found in measure(mails, PHONE, tmp_path).items():
        assert set(found.bottoms) == {"key", "mv", "ft"}, name
        assert max(found.bottoms.values()) < SCREEN, (name, found.bottoms)


def test_no_mail_is_wider_than_the_narrowest_phone_in_any_locale_and_currency(tmp_path: Path) -> None:
    """Every locale with two currencies, every currency with some locales; `python -m tests.measured` has all."""
    mails = {}
    for at, locale in enumerate(LOCALES):
        for step, make in ((0, in_currency), (5, website)):
            code = CURRENCIES[(at + step) % len(CURRENCIES)]
            mails[f"{make.__name__}.{locale}.{code}"] = mail_of(make(code), entry(locale)).html
    found = measure(mails, NARROWEST, tmp_path)
    assert {name: one.wide for name, one in found.items() if one.wide} == {}
    assert {name: one.broken for name, one in found.items() if one.broken} == {}


async def test_the_digests_of_every_source_in_every_state_break_no_word_on_a_phone(tmp_path: Path) -> None:
    digests = {**DIGESTS, **(await every_state(tmp_path))}
    mails = {
        f"{name}.{locale}": mail_of(digest, entry(locale)).html
        for name, digest in digests.items()
        if name != "hostile"
        for locale in ("en_GB", "de_DE")
    }
    for width in (NARROWEST, 375):
        found = measure(mails, width, tmp_path)
        assert {name: one.wide for name, one in found.items() if one.wide} == {}
        assert {name: one.broken for name, one in found.items() if one.broken} == {}


def test_no_alert_is_wider_than_the_narrowest_phone_or_breaks_a_word(tmp_path: Path) -> None:
    mails = {
        f"{name}.{locale}": mail_of(alert, alert_entry(locale), linked=True).html
        for name, alert in ALERTS.items()
        if name != "long"
        for locale in ("en_GB", "de_DE")
    }
    for at, locale in enumerate(LOCALES):
        code = CURRENCIES[at % len(CURRENCIES)]
        mails[f"worse.{locale}.{code}"] = mail_of(alert_in_currency(code), alert_entry(locale)).html
    found = measure(mails, NARROWEST, tmp_path)
    assert {name: one.wide for name, one in found.items() if one.wide} == {}
    broken = {name: one.broken for name, one in found.items() if one.broken and not name.startswith("hostile")}
    assert broken == {}

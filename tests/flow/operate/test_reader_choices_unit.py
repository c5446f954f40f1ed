"""What a form says, kept as what differs from the entry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import NOW, READER, TEAM, WEEKLY, bundle_with, uses
from worker.domain.choices import Choices
from worker.domain.links import Link, Purpose
from worker.domain.quiet import WEEK, QuietHours
from worker.domain.reader_page import PreferencesForm, ReaderPage
from worker.domain.schedule import Defaults, Send, Subscription
from worker.domain.subscription import Origin
from worker.errors import RequestError
from worker.flow.operate.reader_choices import choices_of
from worker.ports import CheckedEntry

PAGE = ReaderPage(Link(Purpose.PREFERENCES, READER), NOW, Defaults(), WEEKLY, TEAM)
AS_IT_IS = PreferencesForm("save", "always", TEAM.locale, days=tuple("0123456"))


def checked(_bundle: object, _schedule: object, written: Mapping[str, Any]) -> CheckedEntry:
    days = tuple(WEEK.index(day) for day in written["days"])
    return CheckedEntry(replace(TEAM, locale=written["locale"], days=days, send=Send(written.get("send", "always"))))


def made(form: PreferencesForm, page: ReaderPage = PAGE, entry: Subscription = TEAM) -> Choices:
    return choices_of(uses(check_entry=checked), bundle_with(WEEKLY), WEEKLY, entry, page, form, "ada")


def test_days_that_the_quiet_hours_leave_are_no_choice() -> None:
    entry = replace(TEAM, quiet_hours=QuietHours(days=(0, 1)), days=(1, 2))
    assert made(replace(AS_IT_IS, days=("1",)), entry=entry) == Choices(Origin.LINK, "ada", NOW)


def test_a_form_that_says_nothing_of_sending_leaves_the_earlier_choice() -> None:
    page = replace(PAGE, choices=Choices(Origin.LINK, "ada", NOW, send=Send.ON_CHANGE))
    assert made(replace(AS_IT_IS, send=""), page).send is Send.ON_CHANGE
    assert made(AS_IT_IS, page).send is None


def test_without_a_day_nothing_is_chosen() -> None:
    with pytest.raises(RequestError, match="leave a day on which it may be sent"):
        made(replace(AS_IT_IS, days=()))

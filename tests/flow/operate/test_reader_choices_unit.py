"""What a form says, kept as what differs from the entry."""

from dataclasses import replace

from tests.flow.operate.test_reader_page_unit import AS_IT_IS, LINK, checked
from tests.support.fakes import NOW, TEAM, WEEKLY, bundle_with, uses
from worker.domain.choices import Choices
from worker.domain.quiet import QuietHours
from worker.domain.reader_page import ReaderPage
from worker.domain.schedule import Defaults, Send
from worker.domain.subscription import Origin
from worker.flow.operate.reader_choices import choices_of

PAGE = ReaderPage(LINK, NOW, Defaults(), WEEKLY, TEAM)


def test_days_that_the_quiet_hours_leave_are_no_choice() -> None:
    entry = replace(TEAM, quiet_hours=QuietHours(days=(0, 1)), days=(1, 2))
    form = replace(AS_IT_IS, days=("1",))
    made = choices_of(uses(check_entry=checked), bundle_with(WEEKLY), WEEKLY, entry, PAGE, form, "ada")
    assert made == Choices(Origin.LINK, "ada", NOW)


def test_a_form_that_says_nothing_of_sending_leaves_the_earlier_choice() -> None:
    page = replace(PAGE, choices=Choices(Origin.LINK, "ada", NOW, send=Send.ON_CHANGE))
    made = choices_of(
        uses(check_entry=checked), bundle_with(WEEKLY), WEEKLY, TEAM, page, replace(AS_IT_IS, send=""), "ada"
    )
    assert made.send is Send.ON_CHANGE

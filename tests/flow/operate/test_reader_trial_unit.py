"""What a reader is shown of a choice before it is saved."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import NOW, READER, RUN, TEAM, WEEKLY, Deployed, KnownRuns, Said, bundle_with, uses
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState
from worker.domain.digest.model import Standing
from worker.domain.left_out import LAST, LeftOutCounts
from worker.domain.links import Link, Purpose
from worker.domain.reader_page import PreferencesForm, ReaderPage
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Defaults, Schedule, Send, Subscription
from worker.errors import LedgerError, LedgerUnavailable, RequestError
from worker.flow.operate.reader_trial import tried
from worker.ports import CheckedEntry

LINK, BUNDLE = Link(Purpose.PREFERENCES, READER), bundle_with(WEEKLY)
FORM = PreferencesForm(act="try", days=("0",), send="on_change", rows="row.value > 5")
PAGE = ReaderPage(LINK, NOW, Defaults(), WEEKLY, replace(TEAM, rows="row.value > 1"))


def key(number: int, kind: str = "") -> DeliveryKey:
    run = RunKey(WEEKLY.id, NOW - timedelta(days=number), kind, "0" * 8 if kind else "")
    return DeliveryKey(run, READER.id)


def due(number: int, state: DeliveryState = DeliveryState.SENT, reason: Reason | None = None) -> Delivery:
    return Delivery(key(number), state, reason=reason, compared_with={"deals": Baseline("a", NOW, NOW)})


class Known(KnownRuns):
    def __init__(self, *rows: Delivery) -> None:
        super().__init__(*(replace(RUN, key=row.key.run) for row in rows))
        self.sent = {row.key: row for row in rows}

    async def delivery(self, key: DeliveryKey) -> Delivery | None:
        return self.sent.get(key)


def checked(_bundle: Bundle, _schedule: Schedule, written: Mapping[str, Any]) -> CheckedEntry:
    if written.get("rows") == "wrong":
        raise RequestError("`rows` with wrong; write another one")
    return CheckedEntry(replace(TEAM, rows=written.get("rows", ""), send=Send(written["send"]), days=(0,)))


def unmoved(deals: int) -> Any:
    return uses(keys=(uses(count=deals),), changed=False, empty=False, standing=Standing.UNCHANGED)


class Digests:
    """Digests as by an entry, in which nothing moved; `gone`: why there is none of a day."""

    def __init__(self, gone: dict[int, Exception] | None = None) -> None:
        self.gone = {key(number): error for number, error in (gone or {}).items()}
        self.asked = list[tuple[DeliveryKey, Subscription]]()

    def fresh(self) -> "Digests":
        return self

    async def as_if(self, row: Delivery, entry: Subscription) -> Any:
        if row.key in self.gone:
            raise self.gone[row.key]
        self.asked.append((row.key, entry))
        return unmoved(7 if "5" in entry.rows else 40)


def parts(digests: Digests, *rows: Delivery, bundle: Bundle | None = BUNDLE) -> Any:
    found = {"deployments": Deployed(bundle), "lookups": Known(*rows), "subscriptions": Said()}
    return uses(digests=digests, check_entry=checked, **found)


async def left_out(
    *rows: Delivery, digests: Digests | None = None, form: PreferencesForm = FORM
) -> LeftOutCounts | None:
    return (await tried(parts(digests or Digests(), *rows), PAGE, form)).left_out


async def test_the_definitions_condition_holds_beside_the_readers_own() -> None:
    digests = Digests()
    assert await left_out(due(1), digests=digests) == LeftOutCounts(1, 1, fit=7, deals=40)
    assert [entry.rows for _, entry in digests.asked] == ["(row.value > 1\n) && (row.value > 5\n)", "row.value > 1"]
    assert {entry.address for _, entry in digests.asked} == {READER.address}


async def test_only_digests_that_were_due_count_and_no_more_than_the_last_dozen() -> None:
    others = (
        Delivery(key(1, "manual"), DeliveryState.SENT, compared_with={}),
        due(2, DeliveryState.SKIPPED, Reason.PAUSED),
        due(3, DeliveryState.REFUSED),
        replace(due(4), compared_with=None),
    )
    assert await left_out(*others) == LeftOutCounts(0, 0)
    unsent = due(5, DeliveryState.SKIPPED, Reason.NO_CHANGE)
    assert await left_out(unsent, *others, form=replace(FORM, rows="")) == LeftOutCounts(1, 1)
    many = [due(number) for number in range(1, LAST + 3)]
    assert await left_out(*many, form=replace(FORM, rows="")) == LeftOutCounts(LAST, LAST)


async def test_what_is_not_stored_any_more_is_not_counted_and_an_outage_is_no_count() -> None:
    gone = Digests({1: LedgerError("its answer is gone")})
    assert await left_out(due(1), due(2), digests=gone) == LeftOutCounts(1, 1, fit=7, deals=40)
    with pytest.raises(LedgerUnavailable):
        await left_out(due(1), digests=Digests({1: LedgerUnavailable("Redis cannot be reached")}))


async def test_a_choice_that_is_not_possible_is_said() -> None:
    page = await tried(parts(Digests(), due(1)), PAGE, replace(FORM, rows="wrong"))
    assert (page.problem, page.left_out, page.choices) == ("`rows` with wrong; write another one", None, None)


@pytest.mark.parametrize(
    "page",
    [
        replace(PAGE, link=replace(LINK, purpose=Purpose.UNSUBSCRIBE)),
        replace(PAGE, entry=None),
        replace(PAGE, schedule=None),
    ],
)
async def test_a_page_without_choices_shows_no_counts(page: ReaderPage) -> None:
    assert await tried(parts(Digests(), due(1)), page, FORM) == page


async def test_nothing_is_counted_before_the_first_deployment() -> None:
    assert await tried(parts(Digests(), due(1), bundle=None), PAGE, FORM) == PAGE

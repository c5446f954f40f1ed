"""Who gets a copy of a reader's mail, and what became of each copy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import (
    KEY,
    NOW,
    READER,
    TEAM,
    WEEKLY,
    NothingChosen,
    Takes,
    reader_digest,
    uses,
)
from worker.domain.delivery import Delivery, DeliveryState, Reader, Receipt, RefusedCopy
from worker.domain.notice import Suspension
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.domain.subscription import Choice, Origin, Preference
from worker.flow.run.copies import (
    copied,
    copy_reader,
    copy_readers,
    dead_copies,
    fates_of_copies,
    id_before,
    is_copy,
    kept_entries,
    left_out,
    missing_copies,
    stop_of,
    suspend_copies,
    with_copies,
    withheld,
)
from worker.ports import Said as SaidOfFew

BOSS, CHIEF, CTO = "boss@acme.example", "chief@acme.example", "cto@acme.example"
ENTRY = replace(TEAM, cc=(BOSS, CHIEF, CTO))
PENDING = Delivery(KEY, DeliveryState.PENDING)
OUT = {0: Reason.SUSPENDED, 2: Reason.MUTED}


class Said(NothingChosen):
    """What readers said, and what is suspended."""

    def __init__(self, said: Mapping[str, Preference] | None = None, *dead: str) -> None:
        self.said, self.dead = said or {}, dead

    async def said_of(self, schedule: str, readers: Sequence[str]) -> SaidOfFew:
        return SaidOfFew({one: self.said[one] for one in readers if one in self.said and schedule == WEEKLY.id})

    async def suspended(self, subjects: Sequence[str]) -> Mapping[str, str]:
        return {one: "550" for one in subjects if one.endswith(self.dead or ("-",))}


class Suspends:
    """`stopped`: what is suspended from now on."""

    def __init__(self) -> None:
        self.stopped: list[Suspension] = []

    async def suspend(self, run: RunKey, suspension: Suspension) -> tuple[()]:
        self.stopped.append(suspension)
        return ()


def parts(said: Said) -> Any:
    return uses(deliveries=said, subscriptions=said)


def ids(entry: Subscription) -> set[str]:
    return {copy_reader(WEEKLY.id, entry, one).id for one in entry.cc}


async def out_of(said: Said, row: Delivery = PENDING) -> Mapping[int, Reason]:
    return await left_out(parts(said), reader_digest(ENTRY, digest=uses()), row, NOW, ids(ENTRY))


async def test_a_suspended_address_and_one_that_wants_nothing_get_no_copy() -> None:
    paused = Preference(Choice.PAUSED, Origin.CLI, "ops", NOW)
    over = replace(paused, until=NOW)
    said = {copy_reader(WEEKLY.id, ENTRY, one).id: what for one, what in ((CHIEF, over), (CTO, paused))}
    assert await out_of(Said(said, BOSS)) == OUT


async def test_the_list_of_the_first_try_stays() -> None:
    tried = replace(PENDING, date=NOW, left_out={1: Reason.MUTED})
    assert await out_of(Said({}, BOSS), tried) == {1: Reason.MUTED}


async def test_a_later_try_withholds_the_mail_from_whom_it_names_and_who_is_stopped_now() -> None:
    """Boss is suspended, Chief was left out by the first try, and Cto is not named any more."""
    digest, given, named = (
        reader_digest(ENTRY, digest=uses()),
        parts(Said({}, BOSS)),
        ids(replace(ENTRY, cc=(BOSS, CHIEF))),
    )
    assert await withheld(given, digest, PENDING, NOW, named) == {}
    tried = replace(PENDING, date=NOW, left_out={1: Reason.MUTED})
    later = await withheld(given, digest, tried, NOW, named)
    assert later == {0: Reason.SUSPENDED, 2: Reason.NOT_NAMED}
    reason, sentence = missing_copies(ENTRY, tried, [], later)
    sent = replace(tried, state=DeliveryState.SENT, reason=reason, sentence=sentence)
    assert (reason, fates_of_copies(ENTRY, sent)) == (
        Reason.COPIES_MISSING,
        {BOSS: Reason.SUSPENDED, CHIEF: Reason.MUTED, CTO: Reason.NOT_NAMED},
    )


def test_who_is_left_out_and_the_reader_are_not_named() -> None:
    assert copied(ENTRY, replace(PENDING, left_out=OUT)) == (CHIEF,)
    assert copied(replace(TEAM, cc=(READER.address.upper(), BOSS)), PENDING) == (BOSS,)


def test_a_copy_has_an_id_that_no_reader_of_the_entry_has() -> None:
    copy = copy_reader("week", ENTRY, BOSS)
    assert copy == Reader("week", f"cc:{ENTRY.id}", BOSS)
    assert is_copy(copy)
    assert not is_copy(READER)


def test_what_stops_a_reader_does_not_stop_copies_unless_an_older_version_kept_it() -> None:
    copy, paused = copy_reader("week", ENTRY, BOSS), Preference(Choice.PAUSED, Origin.CLI, "ops", NOW)
    reader = Reader("week", ENTRY.id, BOSS)
    assert id_before(copy) == reader.id
    assert (stop_of({reader.id: paused}, reader), stop_of({reader.id: paused}, copy)) == (paused, None)
    assert (stop_of({copy.id: paused}, reader), stop_of({copy.id: paused}, copy)) == (None, paused)
    old = replace(paused, for_copies=True)
    assert (stop_of({reader.id: old}, reader), stop_of({reader.id: old}, copy)) == (old, old)
    assert stop_of({reader.id: old, copy.id: paused}, copy) == paused
    named = copy_readers(replace(WEEKLY, to=(ENTRY, TEAM)))
    assert named == {Reader(WEEKLY.id, f"cc:{ENTRY.id}", one): ENTRY for one in ENTRY.cc}


def test_what_a_run_keeps_names_no_copy_and_gets_it_back_from_the_definition() -> None:
    kept = kept_entries({READER: ENTRY})
    assert kept == {READER: replace(ENTRY, cc=())}
    found = with_copies(replace(WEEKLY, to=(ENTRY,)), {one.id: entry for one, entry in kept.items()})
    assert found == {READER.id: ENTRY}


@pytest.mark.parametrize(
    ("out", "refused", "expected"),
    [
        ({}, (), (None, "")),
        ({2: Reason.MUTED}, (), (None, f"no copy to {CTO}: messages to this address are paused")),
        ({0: Reason.SUSPENDED}, (), (Reason.COPIES_MISSING, f"no copy to {BOSS}: this address is suspended")),
        (
            {2: Reason.UNSUBSCRIBED},
            (RefusedCopy(BOSS, "550 no"),),
            (Reason.COPIES_MISSING, f"no copy to {CTO}: this address is unsubscribed; no copy to {BOSS}: 550 no"),
        ),
    ],
)
def test_a_delivery_says_who_got_no_copy(
    out: Mapping[int, Reason], refused: tuple[RefusedCopy, ...], expected: tuple[Reason | None, str]
) -> None:
    row = replace(PENDING, left_out=out)
    assert missing_copies(ENTRY, row, [Receipt("250", refused)]) == expected


def test_the_fate_of_each_copy_is_read_from_the_delivery() -> None:
    reason, sentence = missing_copies(ENTRY, replace(PENDING, left_out=OUT), [Receipt("", (RefusedCopy(CHIEF, "5"),))])
    sent = replace(PENDING, state=DeliveryState.SENT, left_out=OUT, reason=reason, sentence=sentence)
    assert fates_of_copies(ENTRY, sent) == {BOSS: Reason.SUSPENDED, CHIEF: Reason.REFUSED, CTO: Reason.MUTED}
    assert fates_of_copies(ENTRY, replace(sent, left_out={}, sentence="")) == dict.fromkeys(ENTRY.cc)
    assert fates_of_copies(ENTRY, PENDING) == {}


async def test_only_dead_addresses_are_suspended() -> None:
    ledger, connectors = Suspends(), Takes("mail")
    receipts = [Receipt("250", (RefusedCopy(BOSS, "550 no", dead=True), RefusedCopy(CHIEF, "450 later")))]
    given: Any = uses(connectors=connectors, deliveries=ledger, events=uses())
    await suspend_copies(given, reader_digest(ENTRY, digest=uses()), KEY, dead_copies(receipts), NOW)
    assert [(one.subject, one.sentence) for one in ledger.stopped] == [(f"address mail {BOSS}", "550 no")]

"""Who the owners of rows are, and where each is reached."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.builders import answer, deal, open_deals
from tests.support.fakes import TEAM, WEEKLY, AnyAddress, bundle_with
from worker.domain.schedule import Each, Person, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.run.owners import OwnerAddresses, emails, owners

OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)
EACH = replace(WEEKLY, to=(TEAM, OWNERS))
MAIL = {"ann": "Ann@acme.example", "bo": "bo@acme.example"}


def listed(*owned: str | None, mail: Mapping[str, str] = MAIL) -> Snapshot:
    rows = [deal(f"deal{n}", owner_id=owner) for n, owner in enumerate(owned)]
    return replace(answer(rows), addresses=tuple(sorted(mail.items())))


def addresses(entry: Subscription = OWNERS, people: Mapping[str, Person] | None = None) -> OwnerAddresses:
    connectors: Any = AnyAddress()
    return OwnerAddresses(
        connectors,
        replace(bundle_with(EACH), people=people or {}),
        entry,
        {("close", name): one for name, one in MAIL.items()},
    )


def test_an_owner_is_reached_where_the_service_says_unless_the_project_says_otherwise() -> None:
    known = addresses(people={"bo": Person({"chat": "U0123", "email": "bob@acme.example"})})
    assert known.address(("close", "ann")) == "ann@acme.example"
    assert known.address(("close", "bo")) == "bob@acme.example"
    assert (known.address(("close", "cleo")), known.address(("close", None))) == (None, None)


def test_the_channels_own_name_goes_before_other_words() -> None:
    known = addresses(people={"bo": Person({"email": "bob@acme.example", "mail": "b.o@acme.example"})})
    assert known.address(("close", "bo")) == "b.o@acme.example"


@pytest.mark.parametrize(("unassigned", "expected"), [(None, set()), ("ops@acme.example", {"ops@acme.example"})])
def test_rows_of_nobody_and_of_owners_without_address_go_to_unassigned(
    unassigned: str | None, expected: set[str]
) -> None:
    known = addresses(replace(OWNERS, unassigned=unassigned))
    assert known.of(("close", None)) == known.of(("close", "cleo")) == expected
    assert known.of(("close", "ann")) == {"ann@acme.example"}


def test_a_manager_sees_the_rows_of_all_below_and_a_circle_ends() -> None:
    people = {"ann": Person({}, "bo"), "bo": Person({}, "cleo"), "cleo": Person({"email": "c@acme.example"}, "ann")}
    known = addresses(replace(OWNERS, each=Each.MANAGER, unassigned="ops@acme.example"), people)
    assert known.of(("close", "ann")) == {"bo@acme.example", "c@acme.example", "ann@acme.example"}
    straight = addresses(replace(OWNERS, each=Each.MANAGER, unassigned="ops@acme.example"), {"ann": Person({}, "bo")})
    assert straight.of(("close", "ann")) == straight.of(("close", "bo")) == {"bo@acme.example"}
    assert straight.of(("close", "dan")) == {"ops@acme.example"}


def test_what_is_written_for_another_channel_is_not_believed() -> None:
    bundle = bundle_with(EACH)
    bundle = replace(bundle, channels={**bundle.channels, "second": bundle.channels["mail"]})
    connectors: Any = AnyAddress()
    written = {"bo": Person({"second": "other@acme.example"})}
    known = OwnerAddresses(connectors, replace(bundle, people=written), OWNERS, {("close", "bo"): MAIL["bo"]})
    assert known.address(("close", "bo")) == "bo@acme.example"


def test_a_reader_is_given_the_owners_whose_rows_he_sees_of_those_that_are_asked_about() -> None:
    known = addresses(replace(OWNERS, unassigned="bo@acme.example"))
    assert known.owned("bo@acme.example", "close", dict.fromkeys(["ann", "bo"])) == ["bo"]
    assert set(known.owned("bo@acme.example", "close", dict.fromkeys(["cleo", "bo", None]))) == {"bo", "cleo", None}
    assert known.owned("ann@acme.example", "close", dict.fromkeys(["bo"])) == []
    assert known.owned("bo@acme.example", "second", dict.fromkeys(["ann"])) == ["ann"]


def test_owners_are_of_every_listed_row_or_of_those_for_which_a_condition_holds() -> None:
    assert owners(EACH, {"deals": listed("ann", "ann", None)}) == {("close", "ann"), ("close", None)}
    assert owners(EACH, {"deals": listed("ann", "bo")}, lambda row: row.key == "deal1") == {("close", "bo")}
    assert owners(EACH, {"deals": replace(answer([]), main=None), "no longer asked": listed("bo")}) == frozenset()


def test_what_the_service_says_now_goes_before_what_it_said() -> None:
    old, new = {"ann": "old@acme.example", "bo": "bo@acme.example"}, {"ann": "new@acme.example"}
    known = emails(EACH, {"deals": listed("ann", mail=new)}, {"deals": listed("ann", "bo", mail=old)})
    assert known == {("close", "ann"): "new@acme.example", ("close", "bo"): "bo@acme.example"}


def test_an_address_that_the_service_no_longer_tells_is_nobodys() -> None:
    known = emails(EACH, {"deals": listed("ann", "bo", mail={})}, {"deals": listed("ann")})
    assert known == {}


def test_one_id_in_two_accounts_is_two_owners() -> None:
    plan = replace(EACH, report=(open_deals(), replace(open_deals("others"), source="second")))
    now = {"deals": listed("7", mail={"7": "ann@acme.example"}), "others": listed("7", mail={"7": "zed@acme.example"})}
    assert owners(plan, now) == {("close", "7"), ("second", "7")}
    assert emails(plan, now, {}) == {("close", "7"): "ann@acme.example", ("second", "7"): "zed@acme.example"}

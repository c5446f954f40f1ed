"""`each:` of an entry and `people:` of the project, with every complaint at its place."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import PROJECT, WEEKLY
from worker.domain.access import TokenScope
from worker.domain.schedule import Each, Person

SCHEDULE = "schedules/weekly.yaml"
ENTRY = "  - {id: team, channel: email, address: sales@ACME.example}"


def with_entry(entry: str, people: str = "") -> dict[str, str | bytes | None]:
    return {SCHEDULE: WEEKLY.replace(ENTRY, f"  - {entry}"), "funnelbeat.yaml": PROJECT + people}


def test_an_entry_for_each_owner_has_no_address_and_an_id_of_its_own(loading: Load) -> None:
    loaded = loading(with_entry("{channel: email, each: owner, unassigned: ops@ACME.example}"))
    assert loaded.bundle is not None
    entry = loaded.bundle.schedules["weekly"].to[0]
    assert (entry.id, entry.address, entry.each) == ("each-owner", None, Each.OWNER)
    assert entry.unassigned == "ops@acme.example"


def test_a_roll_up_by_manager_and_the_people_it_rests_on(loading: Load) -> None:
    people = "people:\n  user_1: {email: ann@ACME.example, manager: user_2}\n  '17': {mail: bo@acme.example}\n"
    loaded = loading(with_entry("{channel: email, each: {by: owner, manager: people}}", people))
    assert loaded.bundle is not None
    assert loaded.bundle.schedules["weekly"].to[0].each is Each.MANAGER
    assert loaded.bundle.people == {
        "user_1": Person({"email": "ann@acme.example"}, "user_2"),
        "17": Person({"mail": "bo@acme.example"}),
    }


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{channel: email, each: team}", '`each` with "team"; write owner, or `{by: owner, manager: people}`'),
        ("{channel: email, each: {by: stage, manager: people}}", '`by` with "stage"; write owner'),
        ("{channel: email, each: {by: owner}}", "write `manager: …`"),
        ("{channel: email, each: owner, address: a@acme.example}", "`address` beside `each`; keep one of the two"),
        ("{channel: email, each: owner, unassigned: nobody}", '`unassigned` with "nobody"'),
        ("{channel: email, address: a@acme.example, unassigned: b@acme.example}", "`unassigned` without `each`"),
        ("{channel: room, each: owner}", "`each` through `room`, which always sends to the same place"),
    ],
)
def test_a_wrong_entry_is_a_complaint(entry: str, complaint: str, loading: Load) -> None:
    found = [str(one) for one in loading(with_entry(entry)).complaints]
    assert any(complaint in one for one in found), found


@pytest.mark.parametrize(
    ("people", "complaint"),
    [
        ("people:\n  user_1: ann@acme.example\n", "`user_1` with text; write addresses by channel"),
        ("people:\n  user_1: {fax: '123'}\n", "`fax`, which is no channel"),
        ("people:\n  user_1: {email: nobody}\n", '`email` with "nobody"'),
        ("people: [user_1]\n", "`people`"),
    ],
)
def test_wrong_people_are_a_complaint(people: str, complaint: str, loading: Load) -> None:
    found = [str(one) for one in loading(with_entry("{channel: email, each: owner}", people)).complaints]
    assert any(complaint in one for one in found), found


def test_a_manager_without_an_address_is_worth_a_warning(loading: Load) -> None:
    entry = "{channel: email, each: {by: owner, manager: people}}"
    for boss in ("", "  user_2: {manager: user_3}\n  user_3: {email: c@acme.example}\n"):
        people = f"people:\n  user_1: {{email: ann@acme.example, manager: user_2}}\n{boss}"
        (warning,) = loading(with_entry(entry, people)).warnings
        assert '`manager` with "user_2"; give this manager an address here' in str(warning)
    sound = "people:\n  user_1: {manager: user_2}\n  user_2: {email: b@acme.example, manager: user_2}\n"
    assert loading(with_entry(entry, sound)).warnings == ()


def test_a_number_that_two_accounts_may_give_is_worth_a_warning(loading: Load) -> None:
    files = with_entry("{channel: email, each: owner}", "people:\n  17: {email: bo@acme.example}\n")
    assert loading(files).warnings == ()
    project = str(files["funnelbeat.yaml"])
    files["funnelbeat.yaml"] = project.replace("connections:\n", "connections:\n  other: {type: shelf, api_key: x}\n")
    warnings = [str(one) for one in loading(files).warnings]
    assert any(
        "`17`, a number that each account has; write CONNECTION/17: it may be another person's" in one
        for one in warnings
    )


def test_each_wants_a_list_of_deals(loading: Load) -> None:
    files = with_entry("{channel: email, each: owner}")
    text = str(files[SCHEDULE])
    before, _, rest = text.partition("  - id: deals\n")
    files[SCHEDULE] = before + "digest: " + rest.partition("digest: ")[2].replace("bridge: deals, ", "")
    found = [str(one) for one in loading(files).complaints]
    assert any("`each` in a schedule that lists no deals; leave it out" in one for one in found), found


def test_an_owner_of_one_connection_is_written_with_its_name(loading: Load) -> None:
    people = (
        "people:\n  17: {email: bo@acme.example}\n  shop/17: {email: ann@acme.example, manager: shop/2}\n"
        "  shop/2: {email: cy@acme.example}\n"
    )
    files = with_entry("{channel: email, each: owner}", people)
    loaded = loading(files)
    assert loaded.bundle is not None, loaded.complaints
    assert loaded.bundle.people["shop/17"] == Person({"email": "ann@acme.example"}, "shop/2")
    files["funnelbeat.yaml"] = (
        str(files["funnelbeat.yaml"]).replace("shop/17", "crn/17").replace("manager: shop/2", "manager: cmr/2")
    )
    found = [str(one) for one in loading(files).complaints]
    assert any("`crn/17`, where `crn` is no connection; write `shop`" in one for one in found), found
    assert any("`cmr/2`, where `cmr` is no connection; write `shop`" in one for one in found), found


def test_an_owner_needs_an_id_behind_the_connection(loading: Load) -> None:
    files = with_entry("{channel: email, each: owner}", "people:\n  shop/: {email: bo@acme.example}\n")
    assert any("`shop/` without an owner's id; write `shop/ID`" in str(one) for one in loading(files).complaints)


@pytest.mark.parametrize("allowed", [True, False])
def test_where_deals_of_nobody_go_passes_the_allow_list_too(allowed: bool, loading: Load) -> None:
    host = "acme.example" if allowed else "other.example"
    files = with_entry(f"{{channel: email, each: owner, unassigned: ops@{host}}}")
    files["funnelbeat.yaml"] = f"{PROJECT}subscriptions: {{allow: [acme.example, 'room:*']}}\n"
    found = [str(one) for one in loading(files).complaints]
    said = "ops@other.example, which `subscriptions.allow` of funnelbeat.yaml does not let pass"
    assert any(said in one for one in found) is not allowed, found


def test_what_a_person_may_do_in_a_chat(loading: Load) -> None:
    people = "people:\n  ann: {email: ann@acme.example, may: [subscribe, trigger], locale: de_DE}\n"
    loaded = loading(with_entry("{channel: email, each: owner}", people))
    assert loaded.bundle is not None
    may = (TokenScope.TRIGGER, TokenScope.SUBSCRIBE)
    assert loaded.bundle.people == {"ann": Person({"email": "ann@acme.example"}, may=may, locale="de_DE")}


@pytest.mark.parametrize(
    ("person", "complaint"),
    [
        ("{may: [run]}", '`may` with "run"; write one of manage, read, subscribe or trigger'),
        ("{may: {trigger: yes}}", "`may` with a mapping; write a list of read, trigger, subscribe or manage"),
        ("{locale: german}", '`locale` with "german"; write language_TERRITORY such as en_GB or de_DE'),
        ("{email: a@acme.example, may: [triger]}", '`may` with "triger"; did you mean `trigger`?'),
    ],
)
def test_what_a_person_cannot_be_allowed(loading: Load, person: str, complaint: str) -> None:
    loaded = loading(with_entry("{channel: email, address: a@acme.example}", f"people:\n  ann: {person}\n"))
    assert any(str(one).endswith(complaint) for one in loaded.complaints), loaded.complaints

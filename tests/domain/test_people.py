"""Which person an owner of rows is, where several accounts count their users from one."""

from worker.domain.people import manager_of, managers, owner_named, person_of
from worker.domain.schedule import Person

ANN, BO, CY = Person({"email": "ann@acme.example"}, "2"), Person({"email": "bo@acme.example"}), Person({}, "shop/2")
PEOPLE = {"1": ANN, "crm/1": CY, "crm/2": BO}
KNOWN = ("crm", "shop")


def test_a_key_with_the_connection_goes_first() -> None:
    assert person_of(PEOPLE, ("crm", "1")) is CY
    assert person_of(PEOPLE, ("shop", "1")) is ANN
    assert person_of(PEOPLE, ("shop", "2")) is None


def test_a_manager_is_of_the_same_connection_unless_another_one_is_named() -> None:
    assert manager_of(PEOPLE, ("shop", "1"), KNOWN) == ("shop", "2")
    assert manager_of(PEOPLE, ("crm", "1"), KNOWN) == ("shop", "2")
    assert manager_of(PEOPLE, ("crm", "2"), KNOWN) is None


def test_who_manages_in_one_account_does_not_in_another() -> None:
    people = {"crm/1": Person({}, "9"), "2": Person({}, "3")}
    assert managers(people, "shop", KNOWN) == {("crm", "9"), ("shop", "3")}


def test_what_is_no_connection_is_part_of_the_id() -> None:
    assert owner_named("a/b", "crm", KNOWN) == ("crm", "a/b")

"""`people` of a project: which of them an owner of rows is. Two accounts may give one id to two people, so that a key
may name the connection, as "crm/17"; a key without one is that person in every connection.
"""

from collections.abc import Collection, Mapping

from worker.domain.schedule import Person

OwnerId = tuple[str, str]
"""A connection, and the owner's id in its account."""


def person_of(people: Mapping[str, Person], owner: OwnerId) -> Person | None:
    """The key with the connection takes precedence."""
    connection, name = owner
    return people.get(f"{connection}/{name}") or people.get(name)


def owner_named(text: str, connection: str, connections: Collection[str]) -> OwnerId:
    """The owner that a key or a `manager` stands for; without a connection, one of `connection`."""
    named, slash, name = text.partition("/")
    return (named, name) if slash and named in connections else (connection, text)


def manager_of(people: Mapping[str, Person], owner: OwnerId, connections: Collection[str]) -> OwnerId | None:
    person = person_of(people, owner)
    if person is None or person.manager is None:
        return None
    return owner_named(person.manager, owner[0], connections)


def managers(people: Mapping[str, Person], connection: str, connections: Collection[str]) -> frozenset[OwnerId]:
    """A person's managers. A key without a connection means `connection`."""
    keys = (owner_named(key, connection, connections) for key, person in people.items() if person.manager)
    return frozenset(found for owner in keys if (found := manager_of(people, owner, connections)) is not None)


def people_at(people: Mapping[str, Person], channel: str, kind: str, address: str) -> dict[str, Person]:
    """The keys of the person with an address of a channel, or of its kind. One person may have a key for each
    connection.
    """
    return {
        key: person
        for key, person in people.items()
        if address in {person.addresses.get(channel), person.addresses.get(kind)}
    }

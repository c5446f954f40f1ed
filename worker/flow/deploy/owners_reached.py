"""How many readers an entry with `each` has, and which owners it does not reach, by the last answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.schedule import Bundle, Each, Schedule, Subscription
from worker.domain.snapshot.record import records
from worker.domain.snapshot.snapshot import Snapshot
from worker.flow.deploy.last_answers import LastAnswersUses, last_answer
from worker.flow.run.owners import Owner, OwnerAddresses, emails, owners


@dataclass(frozen=True, slots=True)
class OwnersReached:
    """`addresses`: of the readers; a condition of the entry is not applied. `without_address`: owners by name and id.
    `nobodys`: whether there are rows that nobody owns. None of this is known if not `answered`.
    """

    entry: Subscription
    answered: bool = False
    addresses: tuple[str, ...] = ()
    without_address: tuple[str, ...] = ()
    nobodys: bool = False


async def owners_reached(
    uses: LastAnswersUses, bundle: Bundle, schedule: Schedule, was: Schedule | None
) -> tuple[OwnersReached, ...]:
    """One for each entry with `each`. `was`: the schedule as it is deployed."""
    entries = [entry for entry in schedule.to if entry.each]
    found = {item.id: await last_answer(uses, item, was) for item in schedule.report} if entries else {}
    answers = {query: answer for query, answer in found.items() if answer is not None}
    known = emails(schedule, answers, {})
    return tuple(
        _reached(schedule, OwnerAddresses(uses.connectors, bundle, entry, known), answers) for entry in entries
    )


def _reached(schedule: Schedule, addresses: OwnerAddresses, answers: Mapping[str, Snapshot]) -> OwnersReached:
    listed, entry = owners(schedule, answers), addresses.entry
    nowhere = [one for one in listed if one[1] is not None and _is_nowhere(addresses, one)]
    names = _names(schedule, answers) if nowhere else {}
    return OwnersReached(
        entry,
        answered=any(answer.rows is not None for answer in answers.values()),
        addresses=tuple(sorted({address for owner in listed for address in addresses.of(owner)})),
        without_address=tuple(sorted(f"{names.get(one, 'an owner')} ({one[1]})" for one in nowhere)),
        nobodys=any(name is None for _, name in listed),
    )


def _is_nowhere(addresses: OwnerAddresses, owner: Owner) -> bool:
    if addresses.entry.each is Each.OWNER:
        return addresses.address(owner) is None
    return addresses.of(owner) <= {addresses.entry.unassigned}


def _names(schedule: Schedule, answers: Mapping[str, Snapshot]) -> dict[Owner, str]:
    return {
        (item.source, row.text("owner_id")): row.text("owner") or "an owner"
        for item in schedule.report
        if item.id in answers
        for row in records(answers[item.id].rows).values()
    }

"""Removes a person or a deal from the stored data on request. All other stored data stays usable."""

from dataclasses import dataclass
from typing import Protocol

from worker.domain.address import comparable, same
from worker.domain.choices import Choices
from worker.domain.schedule import Schedule
from worker.flow.deployed import bundle_of
from worker.flow.facts import emit_all
from worker.flow.run.readers import readers
from worker.flow.uses import UsesAlerts, UsesDeployments, UsesEvents, UsesSnapshots, UsesSubscriptions, UsesUpkeep
from worker.ports import Deployments, Subscriptions


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was removed. `named`: deployed schedules that still name the address, and people in `people` who have
    it; the next runs store it again. `alerts`: states, findings and notifications of rules that named it.
    """

    baselines: int = 0
    deliveries: int = 0
    suspensions: int = 0
    answers: int = 0
    named: tuple[str, ...] = ()
    subscriptions: int = 0
    alerts: int = 0


class ForgetUses(UsesAlerts, UsesDeployments, UsesEvents, UsesSnapshots, UsesSubscriptions, UsesUpkeep, Protocol): ...


async def forget(uses: ForgetUses, what: str) -> Forgotten:
    """`what` is a reader's address or a row's key. Messages that were sent are with their receivers, and not stored."""
    gone = await uses.upkeep.forget_reader(what)
    emit_all(uses.events, gone.facts)
    answers = await uses.snapshots.forget_row(what)
    named = await _named(uses.deployments, what)
    alerts = await uses.alerts.forget(what)
    records = await _subscriptions(uses.subscriptions, what, named)
    return Forgotten(gone.baselines, gone.deliveries, gone.suspensions, answers, named, records, alerts)


async def _subscriptions(subscriptions: Subscriptions, address: str, named: tuple[str, ...]) -> int:
    """Removes the address's records, preferences and choices. While a definition names the address, its reader stays
    unsubscribed or paused there: otherwise forgetting would send messages again.
    """
    removed = 0
    for schedule in await subscriptions.schedules():
        for record in await subscriptions.records(schedule):
            if same(record.reader.address, address):
                removed += await subscriptions.remove(schedule, record.entry.id)
        for reader, said in (await subscriptions.preferences(schedule)).items():
            if same(reader.partition("|")[2], address) and schedule not in named:
                await subscriptions.clear(schedule, reader, said.choice)
        for reader, chosen in (await subscriptions.choices(schedule)).items():
            if same(reader.partition("|")[2], address) and schedule not in named:
                await subscriptions.choose(schedule, reader, Choices(chosen.origin, chosen.by, chosen.at))
    return removed


async def _named(deployments: Deployments, address: str) -> tuple[str, ...]:
    deployed = await deployments.deployed()
    if deployed is None:
        return ()
    bundle = await bundle_of(deployments, deployed.bundle)
    wanted = comparable(address)
    found = [s.id for s in bundle.schedules.values() if wanted in _addresses(s)]
    people = [
        f"people.{owner}"
        for owner, person in bundle.people.items()
        if wanted in {comparable(address) for address in person.addresses.values()}
    ]
    told = any(same(one.address, address) for one in bundle.defaults.operators)
    operator = ["defaults.operator"] if told else []
    return (*sorted(found), *sorted(people), *operator)


def _addresses(schedule: Schedule) -> set[str]:
    named = [reader.address for reader in readers(schedule)]
    further = [
        address
        for one in schedule.entries
        for address in (one.address, one.unassigned, *one.cc, *map(_plain, one.reply_to))
        if address
    ]
    return {comparable(address) for address in (*named, *further)}


def _plain(mailbox: str) -> str:
    """Of "Sales <sales@acme.example>" the address."""
    return mailbox.rpartition("<")[2].rstrip(">")

"""Activates a project's definitions: what is added, changed and removed, and when each schedule fires first."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from worker.domain.definition_changes import DefinitionChange, definition_changes, same
from worker.domain.delivery import Reader
from worker.domain.due.pauses import Pause
from worker.domain.due.slots import first_slot
from worker.domain.due.spread import delay_of
from worker.domain.schedule import Bundle, Schedule, Timing
from worker.errors import ClaimLost, LedgerError, PreconditionFailed
from worker.flow.deploy.readers_left import carried, dropped
from worker.flow.deploy.recompute_due import is_ahead
from worker.flow.facts import emit_all
from worker.flow.run.tick import slot_claim
from worker.flow.uses import UsesClock, UsesDeployments, UsesEvents, UsesProcess, UsesTriggers
from worker.ports import ActivationBasis, Deployment, Due, Owner, SlotClaim, Triggers

TRIES = 10


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from `before`, the bundle in force. Schedules are given by their ids.

    `renamed`: pairs of the old and the new id. They are neither in `added` nor in `removed`.
    `firsts`: the first due instant of each added schedule, and of each schedule whose due instant changes.
    `overdue`: what a clock would claim now for schedules that change, by their old definitions.
    `dropped`: readers that are no longer named. `carried`: those whose entry has another id, by the old one.
    `definitions`: every definition that differs, including schedules. It is empty exactly if the bundle is in force
    already.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    firsts: Mapping[str, datetime | None]
    dropped: tuple[Reader, ...] = ()
    carried: Mapping[Reader, Reader] = field(default_factory=dict)
    renamed: tuple[tuple[str, str], ...] = ()
    overdue: tuple[SlotClaim, ...] = ()
    before: Bundle | None = None
    basis: ActivationBasis = field(default=ActivationBasis(None, {}))
    definitions: tuple[DefinitionChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.definitions)

    @property
    def besides_schedules(self) -> tuple[DefinitionChange, ...]:
        return tuple(one for one in self.definitions if one.kind != "schedule")


@dataclass(frozen=True, slots=True)
class _LedgerState:
    """The state of the ledger at one instant. `pending` and `lasts`: as they will be once `overdue` is written."""

    triggers: Triggers
    now: datetime
    pending: Mapping[str, datetime | None]
    lasts: Mapping[str, datetime]
    overdue: tuple[SlotClaim, ...]


class ChangesUses(UsesClock, UsesDeployments, UsesTriggers, Protocol): ...


class DeployUses(ChangesUses, UsesEvents, UsesProcess, Protocol): ...


async def changes(bundle: Bundle, uses: ChangesUses) -> Changes:
    """Compares with the deployment in force. Nothing is written."""
    deployed = await uses.deployments.deployed()
    old = await uses.deployments.bundle(deployed.bundle) if deployed else None
    before, after = old.schedules if old else {}, bundle.schedules
    origins = {name: origin for name in after if (origin := _origin(after[name], before, after))}
    renamed = tuple(sorted((origin, name) for name, origin in origins.items() if origin != name))
    removed = before.keys() - after.keys() - {origin for origin, _ in renamed}
    turned = {o: n for n, o in origins.items() if n != o or _timed(before[o]) != _timed(after[n])}
    # After a rename alone, what is due belongs to the new name.
    leaving = removed | {o for o, n in turned.items() if _timed(before[o]) != _timed(after[n])}
    asked = await uses.clock.pending([*turned, *removed])
    basis = ActivationBasis(
        deployed.bundle if deployed else None, {name: asked.get(name) for name in (*turned, *removed)}
    )
    state = await _ledger_state(uses, basis, {name: before[name] for name in leaving}, after, origins)
    return Changes(
        added=tuple(sorted(after.keys() - origins.keys())),
        changed=tuple(sorted(n for n in after.keys() & before.keys() if not same(after[n], before[n]))),
        removed=tuple(sorted(removed)),
        firsts={
            **{name: _first(state, after[name], None) for name in after if name not in origins},
            **{name: _first(state, after[name], before[origin]) for origin, name in turned.items()},
        },
        dropped=dropped(before, after, origins),
        carried=carried(before, after, origins),
        renamed=renamed,
        overdue=state.overdue,
        before=old,
        basis=basis,
        definitions=definition_changes(old, bundle),
    )


async def deploy(
    bundle: Bundle, uses: DeployUses, upon: Collection[str | None] | None = None, owner: Owner | None = None
) -> tuple[Deployment, Changes]:
    """Replaces the deployed definitions in one atomic step. Slots that are already due under the old definitions are
    claimed or recorded as missed before that, as a clock would do. So no slot is lost.

    `upon`: ids of bundles; one of them must be in force. None among them means that nothing is deployed yet. Without
    `upon`, any bundle may be in force. `owner`: as in `Deployments.activate`.

    Raises PreconditionFailed if another bundle is in force, NameTaken if the ledger is another directory's, and
    LedgerError if other deployments keep changing what is in force.
    """
    for _ in range(TRIES):
        found = await changes(bundle, uses)
        if upon is not None and found.basis.bundle not in upon:
            raise PreconditionFailed("another deployment is current than the one that was named; look again")
        if found.overdue:
            emit_all(uses.events, (await uses.clock.claim(found.overdue, uses.pid)).facts)
            continue
        new = [name for _, name in found.renamed]
        fresh = () if found.before is None else (*found.added, *(n for n in new if n not in found.before.schedules))
        gone = (*found.removed, *(origin for origin, _ in found.renamed))
        try:
            deployment = await uses.deployments.activate(
                bundle,
                found.firsts,
                gone,
                found.dropped,
                fresh=fresh,
                basis=found.basis,
                carried=found.carried,
                owner=owner,
            )
        except ClaimLost:
            continue
        return deployment, found
    raise LedgerError("others kept deploying at the same time; deploy again")


def _origin(schedule: Schedule, before: Mapping[str, Schedule], after: Mapping[str, Schedule]) -> str | None:
    """The id in the old bundle that this schedule carries on; None for a new schedule."""
    if schedule.id in before:
        return schedule.id
    old = schedule.previously
    return old if old is not None and old in before and old not in after else None


def _timed(schedule: Schedule) -> tuple[object, ...]:
    """What decides when the schedule is due. What happens to late slots is no part of it."""
    return schedule.trigger, schedule.spread, schedule.paused


async def _ledger_state(
    uses: ChangesUses,
    basis: ActivationBasis,
    leaving: Mapping[str, Timing],
    after: Mapping[str, Schedule],
    origins: Mapping[str, str],
) -> _LedgerState:
    now, pauses = await uses.clock.now(), await uses.clock.pauses()
    overdue: list[SlotClaim] = []
    for name in leaving:
        overdue += _claims(uses.triggers, leaving, basis, name, pauses.get(name), now)
    new = [name for name in after if name not in origins]
    old = [previously for name in new if (previously := after[name].previously)]
    lasts = dict(await uses.deployments.last_slots([*new, *old, *basis.pending]))
    pending = dict(basis.pending)
    for claim in overdue:
        pending[claim.schedule] = claim.next_due
        spoken = [*(run.key.slot for run in claim.runs), *(missed.last for missed in claim.missed)]
        lasts[claim.schedule] = max([*spoken, *([lasts[claim.schedule]] if claim.schedule in lasts else [])])
    return _LedgerState(uses.triggers, now, pending, lasts, tuple(overdue))


def _claims(
    triggers: Triggers,
    timings: Mapping[str, Timing],
    basis: ActivationBasis,
    name: str,
    pause: Pause | None,
    now: datetime,
) -> Iterator[SlotClaim]:
    """In the order in which they follow each other, because one claim covers a limited number of slots."""
    at = basis.pending.get(name)
    while at is not None and at <= now:
        claim = slot_claim(triggers, timings, basis.bundle or "", Due(name, at, pause), now)
        if claim is None:
            return
        yield claim
        at = claim.next_due


def _first(state: _LedgerState, schedule: Schedule, was: Schedule | None) -> datetime | None:
    """When it is due first. If its trigger stays, that is the slot that it waits for already."""
    delay = delay_of(schedule.id, schedule.spread)
    at = state.pending.get(was.id) if was is not None else None
    ahead = at is not None and was is not None and is_ahead(state.triggers, was.id, was, at, state.now)
    if was is not None and was.trigger == schedule.trigger and not ahead:
        return None if at is None else at - delay_of(was.id, was.spread) + delay
    ids = [was.id] if was is not None else [schedule.id, *([schedule.previously] if schedule.previously else [])]
    last = max((state.lasts[name] for name in ids if name in state.lasts), default=None)
    slot = first_slot(schedule.trigger, state.now, state.triggers.next, last, edited=last is not None)
    return None if slot is None else slot + delay

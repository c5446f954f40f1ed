"""Alerts that fire or are pending now, and what keeps them quiet."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from worker.domain.alert.labels import matches
from worker.domain.alert.listed import ListedAlert, rows_of
from worker.domain.alert.silence import Matcher
from worker.domain.known_names import known_names
from worker.domain.schedule import Schedule
from worker.errors import NotFound, RequestError
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.deployed_rules import as_run, bundle_in_force, contexts_of
from worker.flow.alert.memory import memory_of
from worker.flow.uses import UsesAlerts, UsesClock, UsesConnectors, UsesDeployments
from worker.together import together

SHORTEST = 4
"""Characters of a fingerprint that may name an alert."""


class CurrentUses(UsesAlerts, UsesClock, UsesCompiled, UsesConnectors, UsesDeployments, Protocol): ...


async def current(
    uses: CurrentUses, schedule: str | None = None, matchers: Sequence[Matcher] = ()
) -> tuple[ListedAlert, ...]:
    """Those that all matchers match, by schedule, rule and beginning. `schedule`: of this one alone. Raises
    RequestError if nothing is deployed, and NotFound for a schedule that is not.
    """
    bundle = await bundle_in_force(uses.deployments)
    now, silences = await asyncio.gather(uses.clock.now(), uses.alerts.silences())

    async def of_schedule(one: Schedule) -> list[ListedAlert]:
        memory = await memory_of(uses, one)
        contexts = await contexts_of(uses, bundle, one, memory)
        rows = rows_of(as_run(one, contexts, memory.states, memory, silences, now))
        return sorted((row for row in rows if matches(matchers, row.labels)), key=_place)

    found = await together(map(of_schedule, _watched(bundle.schedules.values(), schedule)))
    return tuple(row for rows in found for row in rows)


async def find_alert(uses: CurrentUses, fingerprint: str) -> ListedAlert:
    """By its fingerprint or the beginning of it. Raises NotFound where none fits, RequestError where several do."""
    rows = [row for row in await current(uses) if row.fingerprint.startswith(fingerprint)]
    if len(fingerprint) < SHORTEST:
        raise RequestError(f"{fingerprint!r}: write at least {SHORTEST} characters of an alert's fingerprint")
    if len(rows) == 1:
        return rows[0]
    if rows:
        known = ", ".join(row.fingerprint for row in rows[:SHORTEST])
        raise RequestError(f"{len(rows)} alerts begin with {fingerprint!r}: {known}; write more of it")
    raise NotFound(
        f"no alert that fires or is pending begins with {fingerprint!r}; `funnelbeat alerts list` lists them"
    )


def _watched(schedules: Iterable[Schedule], wanted: str | None) -> list[Schedule]:
    known = list(schedules)
    if wanted is not None and wanted not in {one.id for one in known}:
        names = known_names(wanted, [one.id for one in known], "deployed are")
        raise NotFound(f"no schedule {wanted!r} is deployed; {names}")
    return [one for one in known if one.alerts and wanted in (None, one.id)]


def _place(row: ListedAlert) -> tuple[str, int, datetime, str]:
    return row.rule.id, -row.state.severity.rank, row.state.since, row.subject

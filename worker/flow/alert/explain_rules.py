"""The state of every subject of a rule in one run, reported or not, and what would change it at the next evaluation."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.listed import ListedAlert, rows_of
from worker.domain.alert.outlook import Outlook
from worker.domain.alert.outlooks import outlooks
from worker.domain.alert.past_state import alerts_at
from worker.domain.alert.rule import Rule
from worker.domain.alert.state import RuleState
from worker.domain.alert.subject import NO_DATA_SUBJECT
from worker.domain.run import Run
from worker.domain.schedule import Schedule
from worker.domain.snapshot.snapshot import Gap, Snapshot
from worker.errors import NotFound
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.deployed_rules import as_run, bundle_in_force, contexts_of, find_rule
from worker.flow.alert.memory import memory_of
from worker.flow.deployed import schedule_of
from worker.flow.run.stored_answers import load_found
from worker.flow.uses import UsesAlerts, UsesConnectors, UsesDeployments, UsesLookups, UsesRuns, UsesSnapshots
from worker.ports import AlertMemory

LOOKED_AT = 1_000
"""Runs of a schedule among which the one is looked for that evaluated a rule last."""


class RuleUses(
    UsesAlerts, UsesCompiled, UsesConnectors, UsesDeployments, UsesLookups, UsesRuns, UsesSnapshots, Protocol
): ...


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """`evaluation`: what the run's evaluation found, None if it is no longer stored. `subjects`: all of the answer.
    `alerts`: those of the rule at the run's slot, by subject, with what kept each quiet. `gap`: why there was no
    answer. `newest`: no later run evaluated the rule, so that what a subject needs is still to come.
    """

    run: Run
    rule: Rule
    evaluation: Evaluation | None
    subjects: tuple[Outlook, ...]
    alerts: Mapping[str, ListedAlert]
    gap: Gap | None = None
    missing: int = 0
    newest: bool = True


async def explain_rules(uses: RuleUses, run: Run, only: str = "") -> tuple[RuleExplained, ...]:
    """Of every rule of the run's definition. `only`: the id of one rule. Raises LedgerError if the deployment is gone,
    and RequestError for a rule that this version does not understand.
    """
    bundle, schedule = await schedule_of(uses.deployments, run.bundle, run.key.schedule)
    if not schedule.alerts:
        return ()
    memory, record, silences = await asyncio.gather(
        memory_of(uses, schedule), uses.alerts.record(run.key), uses.alerts.silences()
    )
    contexts = await contexts_of(uses, bundle, schedule, memory)
    made = {one.rule: one for one in record.evaluations} if record is not None else {}
    states = {
        rule: replace(state, alerts=alerts_at(state, made.get(rule), run.key.slot))
        for rule, state in memory.states.items()
    }
    rows = list(rows_of(as_run(schedule, contexts, states, memory, silences, run.key.slot)))
    told = [one for one in contexts if only in ("", one.rule.id)]
    return tuple([await _explained(uses, run, one, made.get(one.rule.id), memory, rows) for one in told])


async def explain_rule(uses: RuleUses, name: str, subject: str | None = None) -> RuleExplained:
    """A rule in force, as it was evaluated last. `subject`: only what has this key, name or fingerprint. Raises
    NotFound for a rule that was never evaluated, and where there is no such subject.
    """
    found = find_rule(await bundle_in_force(uses.deployments), name)
    state = (await memory_of(uses, found.schedule)).states.get(found.rule.id)
    run = await _last_run(uses, found.schedule, state) if state is not None else None
    if run is None:
        raise NotFound(
            f"{found.schedule.id}/{found.rule.id} was not evaluated yet; it is with each run of its schedule"
        )
    (explained,) = await explain_rules(uses, run, found.rule.id)
    return explained if subject is None else _only(explained, subject)


async def _last_run(uses: RuleUses, schedule: Schedule, state: RuleState) -> Run | None:
    """The one that evaluated the rule last, with an answer or without one."""
    slots = {one for one in (state.slot, state.missed) if one is not None}
    runs = await uses.lookups.runs(schedule.id, LOOKED_AT)
    return next((run for run in runs if slots and run.key.slot == max(slots)), None)


def _only(explained: RuleExplained, subject: str) -> RuleExplained:
    named = {row.subject for row in explained.alerts.values() if subject == row.fingerprint}
    found = tuple(one for one in explained.subjects if subject in (one.subject, one.facts.name) or one.subject in named)
    if not found:
        raise NotFound(f"{explained.rule.id} has no subject {subject!r} in the answer of {explained.run.key}")
    return replace(explained, subjects=found)


async def _explained(
    uses: RuleUses,
    run: Run,
    context: RuleContext,
    made: Evaluation | None,
    memory: AlertMemory,
    rows: list[ListedAlert],
) -> RuleExplained:
    rule, state = context.rule, memory.states.get(context.rule.id, RuleState())
    answers = await load_found(uses.snapshots, run)
    now = answers.snapshots.get(rule.query)
    alerts = {row.subject: row for row in rows if row.rule.id == rule.id}
    newest = all(one is None or one <= run.key.slot for one in (state.slot, state.missed))
    if now is None:
        gap = next((one for one in answers.gaps if one.query_id == rule.query), None)
        return RuleExplained(run, rule, made, (), alerts, gap, state.missing, newest)
    before = await _before(uses, run, rule, made.last_check if made is not None else None)
    comparable = before is not None and before.fingerprint == now.fingerprint
    given = AlertAnswers(now, before if comparable else None, answers.compared.get(rule.query))
    held = {subject: row.state for subject, row in alerts.items() if subject != NO_DATA_SUBJECT}
    subjects = await asyncio.to_thread(outlooks, context, given, held)
    return RuleExplained(run, rule, made, subjects, alerts, None, state.missing, newest)


async def _before(uses: RuleUses, run: Run, rule: Rule, slot: datetime | None) -> Snapshot | None:
    """The answer that the rule was evaluated over before, None if it is no longer stored."""
    if slot is None:
        return None
    chain = await uses.runs.chain(run.key.schedule, rule.query, slot)
    found = await uses.snapshots.load(chain[-1]) if chain else None
    return found if found is not None and found.slot <= slot else None

"""Evaluates each alert rule of a schedule once on the answers of a run."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluate import evaluate
from worker.domain.alert.evaluation import Evaluation, Skip
from worker.domain.alert.inherit import unknown_before
from worker.domain.alert.rule import Inhibition, Rule
from worker.domain.alert.state import RuleState
from worker.domain.delivery import Baseline
from worker.domain.expression import Columns
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Schedule
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.snapshot.values import KEY
from worker.flow.alert.compiled import UsesCompiled
from worker.flow.alert.memory import fault_of_state, memory_of
from worker.flow.run.comparison import Answers
from worker.flow.run.conditions import ROW
from worker.flow.uses import UsesAlerts, UsesConnectors, UsesDeployments, UsesSnapshots
from worker.ports import AlertMemory, Snapshots
from worker.ports.kinds import QuerySpec


class BaselineUses(UsesAlerts, UsesDeployments, UsesSnapshots, Protocol): ...


class ContextUses(UsesCompiled, UsesConnectors, Protocol): ...


@dataclass(frozen=True, slots=True)
class RunFound:
    """The answers that rules are evaluated on. `stored`: their ids, by query id. A run that failed has only gaps."""

    run: RunKey
    bundle: Bundle
    schedule: Schedule
    answers: Answers
    stored: Mapping[str, str]


async def rule_contexts(uses: ContextUses, found: RunFound, memory: AlertMemory) -> tuple[RuleContext, ...]:
    """Of every rule, in the schedule's order. Raises RequestError for a rule that this version does not understand."""
    bundle, schedule = found.bundle, found.schedule
    made = []
    for rule in schedule.alerts:
        item = schedule.item(rule.query)
        spec = uses.connectors.query(bundle, item)
        traits = spec.traits(item.params)
        predicates = await uses.compiled.rule(rule, columns=_columns(spec, rule), measures=spec.measures)
        made.append(
            RuleContext(
                bundle.project,
                schedule.id,
                rule,
                predicates,
                traits,
                query=item.id,
                watch=item.watch,
                kept=_compared(schedule.inhibit, rule.id),
                origin=memory.origin,
                rule_origin=memory.states[rule.id].origin if rule.id in memory.states else "",
                source=bundle.connections[item.source].type,
                asked=item.query,
                called=item.name,
            )
        )
    return tuple(made)


def _columns(spec: QuerySpec, rule: Rule) -> Columns | None:
    """Columns of the rule's table; None if only an answer tells them. The type of a value is then guessed from the
    value.
    """
    if not rule.table:
        return ROW.columns if spec.lists_opportunities else None
    table = (spec.rule_tables or {}).get(rule.table)
    return {column.name: column.kind for column in (KEY, *table)} if table is not None else None


async def evaluate_rules(
    found: RunFound,
    contexts: Sequence[RuleContext],
    memory: AlertMemory,
    before: Mapping[str, Snapshot],
    gone: Collection[str] = (),
) -> Mapping[str, Evaluation]:
    """By rule id. `before`: answers by their ids. `gone`: rules that count as evaluated for this slot. Each rule is
    judged in a thread, so that a long one does not keep the run from renewing its lease.
    """
    states = {**memory.states, **dict.fromkeys(gone, RuleState(slot=found.run.slot))}
    return {
        context.rule.id: Evaluation(context.rule.id, found.run.slot, RuleState(), skipped=Skip.UNREADABLE)
        if fault_of_state(memory, context.rule)
        else await asyncio.to_thread(_evaluated, found, context, states, before)
        for context in contexts
    }


async def baselines(snapshots: Snapshots, states: Iterable[RuleState]) -> Mapping[str, Snapshot]:
    """The answers on which rules were last evaluated, by id, as far as they are still stored; each is loaded once."""
    ids = sorted({state.snapshot for state in states if state.snapshot})
    loaded = await asyncio.gather(*(snapshots.load(one) for one in ids))
    return {name: one for name, one in zip(ids, loaded, strict=True) if one is not None}


async def rule_baselines(uses: BaselineUses, schedule: Schedule) -> tuple[Mapping[str, Baseline], ...]:
    """What the rules of a schedule are compared with, by query id, so that a run looks up what left since. One for each
    rule that was evaluated.
    """
    if not schedule.alerts:
        return ()
    states = (await memory_of(uses, schedule)).states
    known = await baselines(uses.snapshots, states.values())
    return tuple(
        {rule.query: Baseline(state.snapshot, state.slot, known[state.snapshot].as_of[0])}
        for rule in schedule.alerts
        if (state := states.get(rule.id)) is not None and state.slot is not None and state.snapshot in known
    )


def _evaluated(
    found: RunFound, context: RuleContext, states: Mapping[str, RuleState], before: Mapping[str, Snapshot]
) -> Evaluation:
    rule, answers = context.rule, found.answers
    state = states.get(rule.id) or unknown_before(states.values(), found.run.slot)
    gap = next((one for one in answers.gaps if one.query_id == rule.query), None)
    return evaluate(
        context,
        state,
        found.run.slot,
        answers.snapshots.get(rule.query, gap),
        snapshot=found.stored.get(rule.query, ""),
        before=before.get(state.snapshot),
        compared=answers.compared.get(rule.query),
    )


def _compared(inhibitions: Sequence[Inhibition], rule: str) -> frozenset[str]:
    """Columns that inhibitions of this rule, or by it, compare."""
    return frozenset(name for one in inhibitions if rule in (one.source, one.target) for name in one.equal)

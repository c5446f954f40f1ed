"""The deployed alert rules, by the names that people use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.domain.alert.context import RuleContext
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.rule import Rule
from worker.domain.alert.run_alerts import RunAlerts
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import RuleState
from worker.domain.known_names import nearest
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Schedule
from worker.errors import NotFound, RequestError
from worker.flow.alert.evaluate import ContextUses, RunFound, rule_contexts
from worker.flow.deployed import bundle_of
from worker.flow.run.comparison import Answers
from worker.ports import AlertMemory, Deployments


@dataclass(frozen=True, slots=True)
class DeployedRule:
    bundle: Bundle
    schedule: Schedule
    rule: Rule


async def bundle_in_force(deployments: Deployments) -> Bundle:
    """Raises RequestError if nothing is deployed."""
    deployed = await deployments.deployed()
    if deployed is None:
        raise RequestError("nothing is deployed yet: run `funnelbeat deploy` first")
    return await bundle_of(deployments, deployed.bundle)


def find_rule(bundle: Bundle, name: str) -> DeployedRule:
    """`name`: SCHEDULE/RULE, or the id of a rule that only one schedule has. Raises RequestError where several fit, and
    NotFound where none does.
    """
    known = [(schedule, rule) for schedule in bundle.schedules.values() for rule in schedule.alerts]
    exact = [pair for pair in known if name == f"{pair[0].id}/{pair[1].id}"]
    found = exact or [pair for pair in known if name == pair[1].id]
    if len(found) == 1:
        return DeployedRule(bundle, *found[0])
    if found:
        several = ", ".join(f"{schedule.id}/{rule.id}" for schedule, rule in found)
        raise RequestError(f"several schedules have a rule {name!r}; write one of {several}")
    ids = [f"{schedule.id}/{rule.id}" for schedule, rule in known]
    close = nearest(name, [*ids, *(rule.id for _, rule in known)])
    advice = f"did you mean {close}?" if close else f"there are: {', '.join(ids) or 'none'}"
    raise NotFound(f"no rule {name!r} is deployed; {advice}")


def event_rules(bundle: Bundle, schedule: str | None = None) -> list[str]:
    """As SCHEDULE/RULE: the rules that report changes, which are events. `schedule`: of this one alone."""
    known = (one for one in bundle.schedules.values() if schedule in {None, one.id})
    return [f"{one.id}/{rule.id}" for one in known for rule in one.alerts if rule.event]


async def contexts_of(
    uses: ContextUses, bundle: Bundle, schedule: Schedule, memory: AlertMemory
) -> tuple[RuleContext, ...]:
    """Of every rule of the schedule. Raises RequestError for a rule that this version does not understand."""
    nothing = RunFound(RunKey(schedule.id, _ANY), bundle, schedule, Answers({}, {}, ()), {})
    return await rule_contexts(uses, nothing, memory)


def as_run(
    schedule: Schedule,
    contexts: tuple[RuleContext, ...],
    states: Mapping[str, RuleState],
    memory: AlertMemory,
    silences: tuple[Silence, ...],
    at: datetime,
) -> RunAlerts:
    """The rules of a schedule as an evaluation at an instant would see them, if nothing changed."""
    evaluations = {one.rule.id: Evaluation(one.rule.id, at, states.get(one.rule.id, RuleState())) for one in contexts}
    return RunAlerts(
        run=RunKey(schedule.id, at),
        name=schedule.name,
        slot=at,
        as_of=at,
        rules=contexts,
        evaluations=evaluations,
        readers=(),
        silences=silences,
        acks=tuple(memory.acks.values()),
        inhibitions=schedule.inhibit,
        connections={item.id: item.source for item in schedule.report},
    )


_ANY = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

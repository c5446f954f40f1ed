"""The requests that the next day needs on each connection, compared with what its service allows in a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from worker.domain.schedule import Bundle
from worker.flow.deploy.cost import DayCost, next_day
from worker.flow.deploy.last_answers import LastAnswersUses, last_answers
from worker.flow.deployed import bundle_of
from worker.flow.uses import UsesDeployments, UsesTriggers
from worker.ports import Quota


@dataclass(frozen=True, slots=True)
class DayBudget:
    """`cost`: of the next 24 hours. `limit` and `left`: the tokens of the service's day, None if it named none."""

    cost: DayCost
    limit: float | None
    left: float | None


class BudgetsUses(LastAnswersUses, UsesDeployments, UsesTriggers, Protocol): ...


async def day_budgets(
    uses: BudgetsUses, quotas: Callable[[str], Quota], bundle: Bundle, now: datetime
) -> list[DayBudget]:
    """Of each connection of `bundle`."""
    found = []
    for of in await next_day_costs(uses, bundle, now):
        limit, left = await quotas(uses.connectors.account(bundle, of.connection)).day()
        found.append(DayBudget(of, limit, left))
    return found


async def next_day_costs(uses: BudgetsUses, bundle: Bundle, now: datetime) -> tuple[DayCost, ...]:
    """By the last answers of the schedules that are deployed."""
    deployed = await uses.deployments.deployed()
    before = (await bundle_of(uses.deployments, deployed.bundle)).schedules if deployed else {}
    last = {
        name: await last_answers(uses, bundle, schedule, before.get(name))
        for name, schedule in bundle.schedules.items()
    }
    return tuple(next_day(uses.connectors, uses.triggers, bundle, now, last))

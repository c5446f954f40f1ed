"""What the next day asks of each connection, beside what its service allows."""

from typing import Any

from tests.support.fakes import NOW, WEEKLY, Deployed, OneSource, Stepped, bundle_with, uses
from worker.flow.operate.day_budgets import day_budgets, next_day_costs
from worker.ports.kinds import Price, QuerySpec

BUNDLE = bundle_with(WEEKLY)
PRICED: Any = OneSource(QuerySpec("opportunities", "", False, (), price=Price(tokens=4)))


class Day:
    async def day(self) -> tuple[float | None, float | None]:
        return 100.0, 40.0


async def test_a_connections_day_is_its_cost_and_what_its_account_has_left() -> None:
    given = uses(connectors=PRICED, triggers=Stepped(), deployments=Deployed(None))
    quota: Any = Day()
    [one] = await day_budgets(given, lambda _: quota, BUNDLE, NOW)
    assert (one.cost.connection, one.cost.tokens, one.limit, one.left) == ("close", 92, 100.0, 40.0)
    assert (one.cost,) == await next_day_costs(given, BUNDLE, NOW)

"""How many alerts fire, which every page says beside its link to them."""

from worker.domain.alert.state import Phase
from worker.web.console.page import Visit


async def firing(visit: Visit) -> int:
    """Also those that somebody knows of, or that are kept quiet. None before the first deployment. The states of all
    rules are read for it, once until something happens again.
    """
    schedules = visit.bundle.schedules.values() if visit.bundle is not None else ()
    rules = {one.id: [rule.id for rule in one.alerts] for one in schedules if one.alerts}
    if not rules:
        return 0

    async def count() -> int:
        found = await visit.uses.alerts.standing(rules)
        return sum(n for (phase, _), n in found.items() if phase is Phase.FIRING)

    return await visit.state.firing.get((visit.bundle_id, await visit.uses.event_stream.newest()), count)

"""How many alerts fire or are pending. A rule's state is decoded again only when it was written anew."""

from collections import Counter
from collections.abc import Collection, Mapping

from worker.adapters.redis_store import keys
from worker.adapters.redis_store.alerts_codec import state_of
from worker.adapters.redis_store.connection import translated
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.alert.rule import Severity
from worker.domain.alert.state import Phase
from worker.errors import LedgerError

PAGE = 500
"""Schedules in one round trip."""

Numbers = Mapping[tuple[Phase, Severity], int]
Place = tuple[str, str]
"""A schedule and its rule."""


class StandingAlerts:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._known: dict[Place, tuple[bytes, Numbers]] = {}

    async def counted(self, rules: Mapping[str, Collection[str]]) -> Numbers:
        """Raises LedgerUnavailable."""
        known, total = dict[Place, tuple[bytes, Numbers]](), Counter[tuple[Phase, Severity]]()
        for place, raw in (await self._states(rules)).items():
            before = self._known.get(place)
            known[place] = before if before is not None and before[0] == raw else (raw, _numbers(raw))
            total.update(known[place][1])
        self._known = known
        return total

    async def _states(self, rules: Mapping[str, Collection[str]]) -> Mapping[Place, bytes]:
        """Of rules that were evaluated."""
        wanted = [(schedule, sorted(names)) for schedule, names in rules.items() if names]
        found = dict[Place, bytes]()
        for start in range(0, len(wanted), PAGE):
            part = wanted[start : start + PAGE]
            with translated():
                async with self._scripts.client.pipeline(transaction=False) as each:
                    for schedule, names in part:
                        each.hmget(keys.alerts(self._scripts.prefix, schedule), names)
                    rows = await each.execute()
            for (schedule, names), states in zip(part, rows, strict=True):
                found.update(
                    {(schedule, name): raw for name, raw in zip(names, states, strict=True) if raw is not None}
                )
        return found


def _numbers(raw: bytes) -> Numbers:
    """None of a state that another version wrote; `doctor` names its rule."""
    try:
        alerts = state_of(raw).alerts
    except LedgerError:
        return {}
    return Counter((one.phase, one.severity) for one in alerts.values())

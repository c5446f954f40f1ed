"""The ids that a rule had in earlier deployments. `previously` names only the last one, and a rule may be renamed more
than once before it is evaluated again.
"""

from collections.abc import Iterable, Sequence

from worker.domain.alert.rule import Rule
from worker.domain.schedule import Bundle, Schedule


def earlier_ids(bundles: Sequence[Bundle], schedule: Schedule, rule: Rule) -> tuple[str, ...]:
    """Newest first. `bundles`: newest first. `schedule` and `rule`: of one of them, or of one to be deployed."""
    ids = []
    for bundle in bundles[_newest_with(bundles, schedule.id, rule.id) or 0 :]:
        older = bundle.schedules.get(schedule.id) or bundle.schedules.get(schedule.previously or "")
        was = _rule(older, rule.id) or _rule(older, rule.previously)
        if older is None or was is None:
            break
        if was.id != rule.id:
            ids.append(was.id)
        schedule, rule = older, was
    return tuple(ids)


def present_id(bundles: Sequence[Bundle], schedule: str, rule: str) -> str | None:
    """The id that a rule of an earlier deployment has in the newest one; None if it was removed, or if nobody
    remembers it. `bundles`: newest first.
    """
    at = _newest_with(bundles, schedule, rule)
    for bundle in reversed(bundles[: at or 0]):
        heir = next((one for one in bundle.schedules.values() if schedule in (one.id, one.previously)), None)
        found = next((one for one in _rules(heir) if rule in (one.id, one.previously)), None)
        if heir is None or found is None:
            return None
        schedule, rule = heir.id, found.id
    return None if at is None else rule


def _newest_with(bundles: Sequence[Bundle], schedule: str, rule: str) -> int | None:
    return next((at for at, one in enumerate(bundles) if _rule(one.schedules.get(schedule), rule)), None)


def _rule(schedule: Schedule | None, name: str) -> Rule | None:
    return next((one for one in _rules(schedule) if one.id == name), None)


def _rules(schedule: Schedule | None) -> Iterable[Rule]:
    return () if schedule is None else schedule.alerts

"""What a person or a program changes about the project itself: deployments, baselines, bounces. As in `acts`, the
act comes first and then its record.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Protocol

from worker.domain.access import Actor
from worker.domain.delivery import DeliveryKey
from worker.domain.schedule import Bundle
from worker.flow.deploy.deploy import Changes, DeployUses, deploy
from worker.flow.operate.audited import AuditUses, record
from worker.flow.operate.bounces import BounceResult, BouncesUses, suspend_bounced
from worker.flow.operate.reset_baselines import ResetPlan, ResetUses, reset
from worker.ports import Deployment, Owner
from worker.ports.bounces import BounceReport


class DeployAct(StrEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class DeployActUses(AuditUses, DeployUses, Protocol): ...


class ResetActUses(AuditUses, ResetUses, Protocol): ...


class BouncesActUses(AuditUses, BouncesUses, Protocol): ...


async def deploy_definitions(
    uses: DeployActUses,
    actor: Actor,
    bundle: Bundle,
    upon: Collection[str | None] | None = None,
    owner: Owner | None = None,
    act: DeployAct = DeployAct.DEPLOY,
) -> tuple[Deployment, Changes]:
    """`upon`, `owner`: as in `deploy`. `act`: the name under which it is recorded."""
    deployment, found = await deploy(bundle, uses, upon, owner)
    before = {"bundle": found.basis.bundle[:12]} if found.basis.bundle else {}
    counts = {"added": found.added, "changed": found.changed, "removed": found.removed, "renamed": found.renamed}
    schedules = ", ".join(f"{len(names)} {word}" for word, names in counts.items() if names)
    after = {"bundle": deployment.bundle[:12]} | ({"schedules": schedules} if schedules else {})
    await record(uses, actor, act, bundle.project, before=before, after=after)
    return deployment, found


async def reset_baselines(uses: ResetActUses, actor: Actor, plan: ResetPlan) -> tuple[DeliveryKey, ...]:
    """Returns deliveries that were decided before the reset and change none of these baselines."""
    going = await reset(uses, plan)
    after = {"baselines": str(len(plan.changes)), "compared with": str(plan.run or "nothing")}
    await record(uses, actor, "baselines reset", plan.schedule, after=after)
    return going


async def report_bounces(
    uses: BouncesActUses, actor: Actor, reports: Sequence[BounceReport]
) -> tuple[BounceResult, ...]:
    results = await suspend_bounced(uses, reports)
    counts = Counter(str(result.followed) for result in results)
    after = {followed: str(count) for followed, count in sorted(counts.items())}
    await record(uses, actor, "bounces", f"{len(reports)} reports", after=after)
    return results

"""A deployment, and its difference from the one before."""

from collections.abc import Sequence
from typing import Any

from worker.domain.run import stamp
from worker.domain.schedule import Bundle
from worker.flow.deploy.deploy import Changes
from worker.flow.operate.rollback import DeploymentRow
from worker.ports import Deployment


def deployment_document(deployed: Deployment, bundle: Bundle) -> dict[str, Any]:
    """The current deployment: {"bundle", "at", "schedules": [id, …]}."""
    return {"bundle": deployed.bundle, "at": stamp(deployed.activated_at), "schedules": sorted(bundle.schedules)}


def deployed_document(bundle: str, changes: Changes) -> dict[str, Any]:
    """The current deployment, and what changed: {"bundle", "added", "changed", "removed", "renamed", "definitions"}.

    `bundle` is the deployment's id, a SHA-256 in hexadecimal.
    """
    return {"bundle": bundle, **changes_document(changes)}


def deployments_document(rows: Sequence[DeploymentRow]) -> list[dict[str, Any]]:
    """Newest first: {"bundle", "since", "in_force", "schedules"} each. `since`: when it was activated."""
    return [
        {
            "bundle": row.deployment.bundle,
            "since": stamp(row.deployment.activated_at),
            "in_force": row.in_force,
            "schedules": row.schedules,
        }
        for row in rows
    ]


def changes_document(changes: Changes) -> dict[str, Any]:
    """Ids of schedules: {"added", "changed", "removed", "renamed", "definitions"}. A renamed schedule is written "old →
    new". `definitions`: all other changes, see `definitions_document`.
    """
    return {
        "added": list(changes.added),
        "changed": list(changes.changed),
        "removed": list(changes.removed),
        "renamed": [f"{old} → {new}" for old, new in changes.renamed],
        "definitions": definitions_document(changes),
    }


def definitions_document(changes: Changes) -> list[dict[str, Any]]:
    """Changes other than those of schedules: {"kind", "name", "change", "options": [name, …]} each.

    `kind` is project, defaults, connection, channel, person, template or language. `change` is added, changed or
    removed. `options` has the names of the changed options, never their values.
    """
    return [
        {"kind": one.kind, "name": one.name, "change": one.change, "options": list(one.options)}
        for one in changes.besides_schedules
    ]

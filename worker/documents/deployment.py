"""A deployment, and what it changed of the one before."""

from typing import Any

from worker.flow.deploy.deploy import Changes


def deployed_document(bundle: str, changes: Changes) -> dict[str, Any]:
    """What is in force now, and what that changed: {"bundle", "added", "changed", "removed", "renamed"}.

    `bundle` is the deployment's id, a SHA-256 in hexadecimal.
    """
    return {"bundle": bundle, **changes_document(changes)}


def changes_document(changes: Changes) -> dict[str, list[str]]:
    """Ids of schedules: {"added", "changed", "removed", "renamed"}; a renamed one is written "old → new"."""
    return {
        "added": list(changes.added),
        "changed": list(changes.changed),
        "removed": list(changes.removed),
        "renamed": [f"{old} → {new}" for old, new in changes.renamed],
    }

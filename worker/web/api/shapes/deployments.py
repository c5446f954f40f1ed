"""Definitions: in a request, in a plan, and deployed."""

from datetime import datetime
from typing import Any

from pydantic import Field

from worker.web.api.shapes.base import ApiShape


class DraftRequest(ApiShape):
    """`files`: the path of each file of a project → its text."""

    files: dict[str, str] = Field(max_length=1000, examples=[{"funnelbeat.yaml": "project: acme\n"}])


class PlanRequest(DraftRequest):
    days: int = Field(default=14, ge=1, le=366)


class ComplaintShape(ApiShape):
    """Lines and columns count from 1."""

    path: str
    line: int
    column: int
    found: str
    expected: str


class CheckShape(ApiShape):
    """`unset`: variables of the environment that definitions name and that have no value."""

    complaints: list[ComplaintShape]
    warnings: list[ComplaintShape]
    unset: list[str]


class ChangedDefinitionShape(ApiShape):
    kind: str
    name: str
    change: str
    options: list[str]


class DeployedShape(ApiShape):
    """`bundle`: the deployment's id, a SHA-256 in hexadecimal."""

    bundle: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    renamed: list[str]
    definitions: list[ChangedDefinitionShape]


class PlanShape(ApiShape):
    """As `funnelbeat plan --json` prints it. `target` is null: only the command line chooses one."""

    target: str | None
    now: datetime
    until: datetime
    runs: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    next_24_hours: list[dict[str, Any]]
    messages_per_week: list[dict[str, Any]]
    cap: dict[str, int] | None
    alerts: list[dict[str, Any]] = Field(default_factory=list)
    changes: dict[str, Any]


class DeploymentShape(ApiShape):
    """The current deployment. `bundle` is its id."""

    bundle: str
    at: datetime
    schedules: list[str]

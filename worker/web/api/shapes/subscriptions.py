"""Who gets what."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from worker.web.api.shapes.base import ApiShape, Instant


class StoppedShape(ApiShape):
    choice: str
    source: str
    by: str
    at: datetime
    until: datetime | None


class AlertFilterShape(ApiShape):
    """Which alerts: ids of rules (all if empty), and matchers that all have to match."""

    rules: list[str]
    labels: list[str]


class SubscriptionShape(BaseModel):
    """One subscription, with the keys of an entry. `copy`: it is an address in `cc`, which gets copies."""

    model_config = ConfigDict(extra="allow")

    schedule: str
    reader: str
    state: str
    id: str
    channel: str
    address: str | None
    source: str
    by: str
    at: datetime | None
    expires: datetime | None
    stopped: StoppedShape | None
    alerts: AlertFilterShape | None
    sentence: str


class SubscribeRequest(ApiShape):
    """`entry`: the keys of an entry of `to:`. With `alerts` (ids of rules) or `alert_labels` (such as `team=north`) it
    is of those alerts, and of no digests.
    """

    entry: dict[str, Any] = Field(examples=[{"channel": "email", "address": "ann@acme.example"}])
    expires: Instant | None = None


class AddedShape(BaseModel):
    """The new subscription, with the keys of an entry. `same_address`: other entries that reach it. `warnings`: what
    `check` would warn of.
    """

    model_config = ConfigDict(extra="allow")

    schedule: str
    reader: str
    id: str
    channel: str
    address: str | None
    source: str
    by: str
    at: datetime
    expires: datetime | None
    alerts: AlertFilterShape | None
    same_address: list[str]
    warnings: list[str]


class RemovedShape(ApiShape):
    schedule: str
    reader: str
    removed: bool


class ReaderPausedShape(ApiShape):
    schedule: str
    reader: str
    paused: bool
    until: datetime | None = None
    was_paused: bool | None = None

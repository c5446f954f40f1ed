"""One reader's page of alerts: those of which the reader was notified."""

from dataclasses import dataclass
from datetime import datetime

from worker.domain.alert.listed import ListedAlert
from worker.domain.links import Link
from worker.domain.schedule import Defaults, Subscription


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """`alerts`: those that fire and of which the reader was notified. `entry`: None if nothing sends to the reader
    now.
    """

    link: Link
    now: datetime
    defaults: Defaults
    name: str
    entry: Subscription | None
    alerts: tuple[ListedAlert, ...]

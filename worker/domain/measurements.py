"""Values for monitoring: numbers of one moment, and counts since the ledger was created."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.alert.rule import Severity
from worker.domain.alert.state import Phase
from worker.domain.heartbeat import Alive


@dataclass(frozen=True, slots=True)
class ConnectionBudget:
    """What is known of a connection's budget. `every`: seconds between two requests, 0 without a limit. `day`: tokens
    of a day, `left`: the remaining ones; None if the service reports none. `shut`: no request is sent before it.
    """

    every: float = 0.0
    day: float | None = None
    left: float | None = None
    shut: datetime | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """The deliveries that wait for a worker, the oldest `since`."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """What the metrics report about the ledger at one moment.

    `counts`: numbers by a tuple of words that begins with the kind: (claimed, trigger), (late), (missed, reason), (run,
    state, reason), (delivery, digest | alert | notice, state, reason), (suspended).
    `waiting`: how many runs no worker has begun. `waiting_since`: since when the oldest of them waits.
    `due_since`: the earliest instant at which a slot is due. It is in the past if the clocks are late.
    `open_deliveries`: deliveries that are neither sent nor given up.
    `queued`: deliveries that a worker could send now, by kind (digest, alert, notice).
    `memory` and `memory_limit`: bytes of Redis. A limit of 0 means that there is none.
    """

    now: datetime
    counts: Mapping[tuple[str, ...], int]
    waiting: int = 0
    waiting_since: datetime | None = None
    due_since: datetime | None = None
    open_deliveries: int = 0
    queued: Mapping[str, Queued] = field(default_factory=dict)
    memory: int = 0
    memory_limit: int = 0
    budgets: Mapping[str, ConnectionBudget] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    """Events of a webhook: those that wait, those that were given up and are kept; since the beginning those that were
    sent, those that were lost, and those of a newer version, which could not be sent.
    """

    waiting: int = 0
    dead: int = 0
    sent: int = 0
    lost: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Measurements:
    """`alerts`: how many there are of deployed rules. `posts`: requests to /hooks, by connection and outcome.
    `webhooks`: of events, those that are deployed.
    """

    ledger: LedgerReading
    alive: tuple[Alive, ...] = ()
    alerts: Mapping[tuple[Phase, Severity], int] = field(default_factory=dict)
    posts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    webhooks: Mapping[str, WebhookCounts] = field(default_factory=dict)

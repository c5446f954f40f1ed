"""Measurements in the exposition formats of Prometheus and OpenMetrics.

A label has values of closed lists, or names of the definitions: connections. No reader, address, subject or run.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from worker.domain.alert.rule import Severity
from worker.domain.alert.state import Phase
from worker.domain.measurements import LedgerReading, Measurements, Queued
from worker.domain.reason import Reason

KINDS = ("clock", "worker")

QUEUED = ("digest", "alert", "notice")

_ZERO: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "claimed": (("cron",), ("every",), ("event",), ("manual",)),
    "late": ((),),
    "missed": tuple((reason,) for reason in (Reason.TOO_LATE, Reason.CAUGHT_UP, Reason.PAUSED)),
    "run": (
        ("delivered", ""),
        ("partial", ""),
        ("failed", ""),
        ("failed", Reason.SOURCE),
        ("failed", Reason.ABANDONED),
    ),
    "delivery": tuple(
        (kind, *end)
        for kind in ("digest", "alert", "notice")
        for end in (
            ("refused", Reason.REFUSED),
            ("failed", Reason.RENDER),
            ("failed", Reason.EXHAUSTED),
            ("unknown", Reason.UNCLEAR),
            ("unknown", Reason.HELD),
        )
    ),
    "suspended": ((),),
}
"""Counters that are there before anything is counted: `increase()` does not see a counter that begins at 1."""


def exposition(measured: Measurements, accept: str) -> tuple[bytes, str]:
    """`accept`: the header of the request. The body, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(measured))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Measured(Collector):
    def __init__(self, measured: Measurements) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        ledger = self._measured.ledger
        yield from _counters(ledger.counts)
        yield from _queues(ledger)
        yield from _processes(self._measured)
        yield from _budgets(ledger)
        yield _alerts(self._measured)
        yield _posts(self._measured)
        yield from _webhooks(self._measured)
        yield _gauge("redis_memory_used_bytes", "Memory that Redis uses.", ledger.memory)
        yield _gauge("redis_memory_limit_bytes", "maxmemory of Redis; 0 without one.", ledger.memory_limit)


def _counters(counts: Mapping[tuple[str, ...], int]) -> Iterator[Metric]:
    told: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
        ("claimed", "runs_claimed", "Runs that were made.", ("trigger",)),
        ("late", "slots_late", "Slots that ran later than their grace.", ()),
        ("missed", "slots_missed", "Slots that never ran.", ("reason",)),
        ("run", "runs_ended", "Runs that ended, or ended differently after a retry.", ("state", "reason")),
        ("delivery", "deliveries_settled", "New states of deliveries.", ("kind", "state", "reason")),
        ("suspended", "suspensions", "Addresses and channels that were suspended.", ()),
    )
    for kind, name, help_text, labels in told:
        family = CounterMetricFamily(f"funnelbeat_{name}", help_text, labels=labels)
        counted = {words[1:]: count for words, count in counts.items() if words[0] == kind}
        rows = dict.fromkeys(_ZERO[kind], 0) | counted
        for values, count in sorted(rows.items()):
            family.add_metric(values, count)
        yield family


def _queues(ledger: LedgerReading) -> Iterator[Metric]:
    yield _gauge("runs_waiting", "Claimed runs that a worker could begin now.", ledger.waiting)
    age = _since(ledger, ledger.waiting_since)
    yield _gauge("queue_age_seconds", "For how long the oldest run has waited.", age)
    yield _gauge("deliveries_open", "Deliveries that are neither sent nor given up.", ledger.open_deliveries)
    waiting = GaugeMetricFamily(
        "funnelbeat_deliveries_waiting", "Deliveries that a worker could send now.", labels=["kind"]
    )
    ages = GaugeMetricFamily(
        "funnelbeat_delivery_queue_age_seconds", "For how long the oldest of them has waited.", labels=["kind"]
    )
    for kind in QUEUED:
        one = ledger.queued.get(kind, Queued())
        waiting.add_metric([kind], one.count)
        ages.add_metric([kind], _since(ledger, one.since))
    yield waiting
    yield ages
    late = _since(ledger, ledger.due_since)
    yield _gauge("due_age_seconds", "For how long the earliest slot has been due without a clock that took it.", late)


def _processes(measured: Measurements) -> Iterator[Metric]:
    """A kind that was never seen has no age."""
    ages = GaugeMetricFamily(
        "funnelbeat_heartbeat_age_seconds", "Since the last heartbeat of the newest process.", labels=["kind"]
    )
    for kind in KINDS:
        seen = [one.seen for one in measured.alive if one.kind == kind]
        if seen:
            ages.add_metric([kind], _since(measured.ledger, max(seen)))
    yield ages


def _budgets(ledger: LedgerReading) -> Iterator[Metric]:
    families = {
        "limit": ("budget_day_limit", "Tokens of a day, as the service reported them."),
        "left": ("budget_day_left", "Tokens of the day that are left."),
        "rate": ("budget_requests_per_second", "Requests that are sent in a second at most."),
        "held": ("budget_held_seconds", "For how long no request is sent, because the service asked for it."),
    }
    made = {
        name: GaugeMetricFamily(f"funnelbeat_{metric}", help_text, labels=["connection"])
        for name, (metric, help_text) in families.items()
    }
    for connection, budget in sorted(ledger.budgets.items()):
        held = max(0.0, (budget.shut - ledger.now).total_seconds()) if budget.shut else 0.0
        told = {"limit": budget.day, "left": budget.left, "rate": budget.every and 1 / budget.every, "held": held}
        for name, value in told.items():
            if value is not None and (value or name != "rate"):
                made[name].add_metric([connection], value)
    yield from made.values()


def _alerts(measured: Measurements) -> Metric:
    family = GaugeMetricFamily("funnelbeat_alerts", "Alerts of deployed rules.", labels=["phase", "severity"])
    for phase in Phase:
        for severity in Severity:
            family.add_metric([phase, severity], measured.alerts.get((phase, severity), 0))
    return family


def _posts(measured: Measurements) -> Metric:
    family = CounterMetricFamily(
        "funnelbeat_hook_requests", "Requests to /hooks and /chat.", labels=["connection", "outcome"]
    )
    for connection, outcomes in sorted(measured.posts.items()):
        for outcome, count in sorted(outcomes.items()):
            family.add_metric([connection, outcome], count)
    return family


def _webhooks(measured: Measurements) -> Iterator[Metric]:
    events = CounterMetricFamily(
        "funnelbeat_webhook_events",
        "Events that were sent to a webhook, that were lost, or that are unknown.",
        labels=["webhook", "outcome"],
    )
    held = GaugeMetricFamily(
        "funnelbeat_webhook_events_held",
        "Events that wait for a webhook, or were given up.",
        labels=["webhook", "state"],
    )
    for name, one in sorted(measured.webhooks.items()):
        events.add_metric([name, "sent"], one.sent)
        events.add_metric([name, "lost"], one.lost)
        events.add_metric([name, "unknown"], one.unknown)
        held.add_metric([name, "waiting"], one.waiting)
        held.add_metric([name, "dead"], one.dead)
    yield events
    yield held


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"funnelbeat_{name}", help_text, value)


def _since(ledger: LedgerReading, instant: datetime | None) -> float:
    """Seconds, never less than 0; 0 for None."""
    return max(0.0, (ledger.now - instant).total_seconds()) if instant else 0.0

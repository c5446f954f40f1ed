"""What `doctor` says about events: those that services post, and those that are sent to webhooks."""

from collections.abc import Mapping
from typing import Protocol

from worker.domain.schedule import Bundle
from worker.flow.operate.doctor import CheckResult, Level
from worker.flow.operate.register_webhooks import events_waited_for
from worker.flow.uses import UsesConnectors, UsesSourceEvents, UsesWebhookKeys
from worker.ports.event_webhooks import WebhookState

REFUSED = ("unsigned", "malformed", "oversized")


class EventsInUses(UsesConnectors, UsesSourceEvents, UsesWebhookKeys, Protocol): ...


async def events_in(uses: EventsInUses, bundle: Bundle) -> list[CheckResult]:
    """Of each connection that schedules of these definitions wait for: whether its requests can be verified, and when
    the last event came.
    """
    names = [name for name in sorted(bundle.connections) if events_waited_for(bundle, name)]
    counts, heard = await uses.source_events.counts(names), await uses.source_events.heard(names)
    found = []
    for name in names:
        written, kept = uses.connectors.posts_events(bundle, name), await uses.webhook_keys.ids(name)
        refused = sum(counts[name].get(outcome, 0) for outcome in REFUSED)
        last = f"the last event came at {heard[name]:%Y-%m-%d %H:%M:%S} UTC" if name in heard else "no event came yet"
        told = f"{last}, and {refused} requests were refused" if refused else last
        if not (written or kept):
            lacking = f"write `webhook_secret`, or `funnelbeat source {name} webhooks add`"
            found.append(
                _result(name, Level.WARN, f"schedules wait for them, and no request can be verified: {lacking}")
            )
            continue
        proof = " and ".join(
            filter(None, ("webhook_secret" if written else "", f"{len(kept)} registered" if kept else ""))
        )
        found.append(_result(name, Level.OK if name in heard else Level.WARN, f"verified with {proof}; {told}"))
    return found


def _result(name: str, level: Level, sentence: str) -> CheckResult:
    return CheckResult(f"events of {name}", level, sentence)


def events_out(states: Mapping[str, WebhookState]) -> list[CheckResult]:
    """For each webhook by name: whether it accepts the events."""
    return [_webhook(name, one) for name, one in sorted(states.items())]


def _webhook(name: str, state: WebhookState) -> CheckResult:
    what, counted = f"webhook {name}", f"{state.sent} sent, {state.waiting} waiting, {state.dead} given up"
    if state.failures:
        return CheckResult(what, Level.WARN, f"{counted}; {state.failures} tries in a row failed: {state.trouble}")
    if state.dead:
        return CheckResult(what, Level.WARN, f"{counted}: `funnelbeat webhooks dead {name}` says why")
    return CheckResult(what, Level.OK, counted)

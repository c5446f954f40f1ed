"""URLs that Funnelbeat calls in addition to channels: one while the clock ticks, and those to which events are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HeartbeatUrl:
    """`url`: as written in the file, with its references to secrets. `every`: seconds between two calls. `private`: its
    host may have an address in a private network.
    """

    url: str
    every: int = 60
    private: bool = False


@dataclass(frozen=True, slots=True)
class EventWebhook:
    """`options`: url, secret, secret_previous and authorization, as they are written. `events`: names of facts, each
    alone ("run_ended") or with a state ("run_ended.failed"), or "*".
    """

    name: str
    options: Mapping[str, str]
    events: tuple[str, ...]
    private: bool = False

    def wants(self, event: str, state: str) -> bool:
        """`state`: of a fact that has one, else empty."""
        return bool({"*", event, f"{event}.{state}"} & set(self.events))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The fields of Bundle with the same names."""

    heartbeat: HeartbeatUrl | None = None
    webhooks: Mapping[str, EventWebhook] = field(default_factory=dict)

"""What a Redis did between two looks: commands, bytes, processor time and memory."""

from dataclasses import asdict, dataclass
from typing import Any

import redis


@dataclass(frozen=True, slots=True)
class RedisUse:
    """`commands`: with those that scripts call. `received`, `sent`, `log`: bytes, `log` of the append-only file.
    `cpu`: seconds. `memory`: bytes, less if something was removed.
    """

    commands: int
    received: int
    sent: int
    log: int
    cpu: float
    memory: int

    def since(self, before: "RedisUse") -> "RedisUse":
        """What came after `before`."""
        now, then = asdict(self), asdict(before)
        return RedisUse(**{name: now[name] - then[name] for name in now})

    def each(self, count: int) -> dict[str, float]:
        """Shares of `count` equal pieces of work."""
        return {name: round(value / count, 9) for name, value in asdict(self).items()}


def look(client: redis.Redis) -> RedisUse:
    """https://redis.io/docs/latest/commands/info/."""
    info: dict[str, Any] = client.info("all")
    calls = sum(told["calls"] for name, told in info.items() if name.startswith("cmdstat_"))
    return RedisUse(
        commands=calls,
        received=info["total_net_input_bytes"],
        sent=info["total_net_output_bytes"],
        log=info.get("aof_current_size", 0),
        cpu=info["used_cpu_user"] + info["used_cpu_sys"],
        memory=info["used_memory"],
    )

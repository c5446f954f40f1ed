"""The environment, read once, as one frozen Settings; the only reader of os.environ besides secret references."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from worker.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is FUNNELBEAT_<NAME> in the environment. Times in seconds. docs/reference/settings.md is made from
    NOTES below.
    """

    redis_url: str = ""
    broker_url: str = ""
    project: str = ""
    sandbox: str = ""
    tick: float = 0.25
    run_lease: float = 60.0
    heartbeat: float = 15.0
    delivery_lease: float = 60.0
    republish: float = 30.0
    lookup_after: float = 30.0
    resend_after: float = 600.0
    retry_fetch: float = 60.0
    backoff: float = 60.0
    concurrency: int = 2
    log_level: str = "info"
    fail_at: str = ""
    token_key: str = field(default="", repr=False)


NOTES: dict[str, str] = {
    "redis_url": "Redis that holds the ledger: redis://, rediss:// or unix://, or redis+sentinel://host:port,host2:port2"
    "/master/0. Empty: the project's embedded Redis.",
    "broker_url": "Celery's broker, if it is not the ledger's Redis: as above, or amqp:// or amqps://.",
    "project": "Whose ledger a clock or worker serves, where Redis holds more than one project.",
    "sandbox": "Where a running sandbox listens, as `demo` and `up` hand it to their child processes.",
    "tick": "How often the clock looks for due slots.",
    "run_lease": "After how long without a heartbeat a run is given to another worker.",
    "heartbeat": "How often a worker renews its run's lease; less than half of the lease.",
    "delivery_lease": "After how long a delivery that is being sent counts as unknown.",
    "republish": "After how long a claimed run that nobody began is published again.",
    "lookup_after": "How long Slack is given before an unclear post is looked up.",
    "resend_after": "How long an unclear mail or webhook post waits before it is sent once more.",
    "backoff": "How long a delivery that the receiver could not take waits; 5, 15 and 60 times as long after that.",
    "retry_fetch": "How long a run whose queries all failed waits before it is tried again.",
    "concurrency": "Child processes of one worker.",
    "log_level": "debug, info, warning or error.",
    "fail_at": "For tests alone: a directory; a file there named as a fail point ends the process that passes it.",
    "token_key": "Encrypts renewed OAuth tokens in Redis, the same for all workers: `openssl rand -base64 32`.",
}


FROM_FILE = ("redis_url", "broker_url", "token_key")
"""May hold a secret, so that FUNNELBEAT_<NAME>_FILE may name a file that holds the value instead."""


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Unset variables keep their defaults. Raises SettingsError for a number that is none, a file that cannot be read
    and times that contradict each other.
    """
    source = os.environ if environ is None else environ
    given: dict[str, str | int | float] = {}
    for one in fields(Settings):
        variable = f"FUNNELBEAT_{one.name.upper()}"
        text = source.get(variable, "")
        if one.name in FROM_FILE:
            text = _from_file(source, variable, text)
        if text:
            given[one.name] = _parse(variable, text, type(one.default))
    settings = Settings(**given)  # type: ignore[arg-type]  # each value was parsed by its field's own type
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    """A run whose worker misses one heartbeat must keep its lease: otherwise every long run is taken away from a worker
    that is still at it. Raises SettingsError.
    """
    heartbeat, lease = settings.heartbeat, settings.run_lease
    if heartbeat * 2 >= lease:
        raise SettingsError(
            "FUNNELBEAT_HEARTBEAT",
            f"found {heartbeat:g} s beside a lease of {lease:g} s (FUNNELBEAT_RUN_LEASE), "
            "expected less than half of the lease",
        )


def _from_file(source: Mapping[str, str], variable: str, text: str) -> str:
    name = source.get(f"{variable}_FILE", "")
    if not name:
        return text
    if text:
        raise SettingsError(f"{variable}_FILE", f"found beside {variable}, expected one of the two")
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, ValueError):
        raise SettingsError(f"{variable}_FILE", f"found {name!r}, expected a file that can be read") from None


def _parse(variable: str, text: str, kind: type) -> str | int | float:
    try:
        value: str | int | float = kind(text)
    except ValueError:
        raise SettingsError(
            variable, f"found {text!r}, expected {'a whole number' if kind is int else 'a number'}"
        ) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(variable, f"found {text}, expected a finite number")
    if isinstance(value, int | float) and value <= 0:
        raise SettingsError(variable, f"found {text}, expected more than 0")
    return value

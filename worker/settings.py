"""The environment, read once, as one frozen Settings.

Besides it, os.environ is read for secret references and for what READ_ELSEWHERE names.
"""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path

from worker.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is FUNNELBEAT_<NAME> in the environment. Times are in seconds. docs/reference/settings.md is made from
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
    traces: str = ""
    fail_at: str = ""
    token_key: str = field(default="", repr=False)
    link_key: str = field(default="", repr=False)


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
    "lookup_after": "How long a channel that can look a message up waits before it does so for an unclear delivery.",
    "resend_after": "How long an unclear mail or webhook post waits before it is sent once more.",
    "backoff": "How long a delivery that the receiver could not take waits; 5, 15 and 60 times as long after that.",
    "retry_fetch": "How long a run whose queries all failed waits before it is tried again.",
    "concurrency": "Child processes of one worker.",
    "log_level": "debug, info, warning or error.",
    "traces": "otlp: spans of runs are sent with OpenTelemetry to OTEL_EXPORTER_OTLP_ENDPOINT.",
    "fail_at": "For tests only: a directory; a file there named as a fail point ends the process that passes it.",
    "token_key": "Encrypts renewed OAuth tokens and the secrets of registered webhooks in Redis, the same for all "
    "workers, `source` and `web`: `openssl rand -base64 32`.",
    "link_key": "Signs the links in messages, the same for all workers and `web`: `openssl rand -base64 32`. Several, "
    "separated by commas: the first signs, and links that an earlier one signed still work.",
}


PREFIX = "FUNNELBEAT_"
MASK = "***"
OTLP = "otlp"
LEVELS = ("debug", "info", "warning", "error")
SHORTEST_KEY = 32
LONGEST = 7 * 24 * 60 * 60
"""Seconds. No setting needs a wait of more than a week."""

READ_ELSEWHERE: dict[str, str] = {
    "FUNNELBEAT_REDIS_SERVER": "The server program of the embedded Redis (path, or name on PATH), version 6.2 or "
    "newer. Empty: the one of the extra `embedded`, else redis-server or valkey-server from PATH.",
    "FUNNELBEAT_SECRETS_DIR": "The directories below which `web` lets a draft name files of secrets, with `:` between. "
    "A relative one is below the project's directory. Empty: /run/secrets.",
    "FUNNELBEAT_FILES_DIR": "The directories below which `web` lets a draft write messages (`type: file`), with `:` "
    "between. A relative one is below the project's directory. Empty: only where a deployed channel writes.",
    "FUNNELBEAT_TARGET": "Which of the `targets` of funnelbeat.yaml is used, as --target. Empty: none.",
}
"""Variables that are read where they are needed, so that a test that starts a Redis of its own obeys them too."""

WARNED = "FUNNELBEAT_WARNED"
"""Set for the child processes of `up` and `demo`: the parent has printed the warnings about the environment."""

OF_COMPOSE = ("FUNNELBEAT_APPENDFSYNC", "FUNNELBEAT_PROJECT_DIR")
"""Read by docker-compose.yml, from the same environment."""

FROM_FILE = ("redis_url", "broker_url", "token_key", "link_key")
"""These may hold a secret, so FUNNELBEAT_<NAME>_FILE may name a file with the value instead."""


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Unset variables keep their defaults. Raises SettingsError for a value that its setting cannot have, for a file
    that cannot be read or is empty, and for times that contradict each other.
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
    if any(len(key) < SHORTEST_KEY for key in link_keys(settings)):
        found, expected = "found a key that can be guessed", f"at least {SHORTEST_KEY} characters"
        raise SettingsError("FUNNELBEAT_LINK_KEY", f"{found}, expected {expected}: `openssl rand -base64 32`")
    if settings.log_level not in LEVELS:
        expected = "debug, info, warning or error"
        raise SettingsError("FUNNELBEAT_LOG_LEVEL", f"found {settings.log_level!r}, expected {expected}")
    if settings.traces not in {"", OTLP}:
        raise SettingsError("FUNNELBEAT_TRACES", f"found {settings.traces!r}, expected {OTLP}, or nothing")
    if settings.sandbox:
        _refuse_no_object("FUNNELBEAT_SANDBOX", settings.sandbox)
    return settings


@dataclass(frozen=True, slots=True)
class SettingSource:
    """`value`: as it may be printed. `origin`: the variable it is from, with the file that it names and the file that
    sets it, or "default".
    """

    name: str
    value: str
    origin: str


def sources(
    settings: Settings, environ: Mapping[str, str] | None = None, set_by: Mapping[str, Path] | None = None
) -> tuple[SettingSource, ...]:
    """Every setting in force and where it is from. Secrets are masked. `set_by`: variables that a file has set."""
    source, files = os.environ if environ is None else environ, set_by or {}
    found = []
    for one in fields(Settings):
        variable, value = f"{PREFIX}{one.name.upper()}", getattr(settings, one.name)
        origin = variable if source.get(variable) else "default"
        if one.name in FROM_FILE and source.get(f"{variable}_FILE"):
            variable = f"{variable}_FILE"
            origin = f"{variable}: {source[variable]}"
        by = f", in {files[variable]}" if variable in files and origin != "default" else ""
        found.append(SettingSource(one.name, _masked(one.name, value), f"{origin}{by}"))
    return tuple(found)


def _masked(name: str, value: str | float) -> str:
    """Keys are not shown at all; addresses without their password, which may stand anywhere after the user."""
    if name.endswith("_key"):
        return MASK if value else ""
    if not isinstance(value, str) or "@" not in value:
        return f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"(://[^:/@]*):.*(?=@)", rf"\1:{MASK}", value)


def link_keys(settings: Settings) -> tuple[str, ...]:
    """The newest first; none if links are not signed."""
    return tuple(key.strip() for key in settings.link_key.split(",") if key.strip())


def unknown(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A sentence for each variable with our prefix that is no setting, mostly one that was misspelt.

    It is a warning and no error, because a definition may refer to a secret of this name.
    """
    source = os.environ if environ is None else environ
    names = [f"{PREFIX}{one.name.upper()}" for one in fields(Settings)]
    known = {*names, *(f"{PREFIX}{name.upper()}_FILE" for name in FROM_FILE), *READ_ELSEWHERE, *OF_COMPOSE, WARNED}
    sentences = []
    for name in sorted(name for name in source if name.startswith(PREFIX) and name not in known):
        meant = get_close_matches(name, [*names, *READ_ELSEWHERE], 1, 0.8)
        sentences.append(f"{name} is no setting" + (f"; did you mean {meant[0]}?" if meant else ""))
    return tuple(sentences)


def _refuse_no_object(variable: str, text: str) -> None:
    try:
        sound = isinstance(json.loads(text), dict)
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(variable, "found something else than a JSON object; `up` and `demo` set this themselves")


def _refuse_contradictions(settings: Settings) -> None:
    """A run whose worker misses one heartbeat must keep its lease. Otherwise every long run is taken away from a worker
    that is still at work. Raises SettingsError.
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
        held = Path(name).read_text("utf-8").strip()
    except (OSError, ValueError):
        raise SettingsError(f"{variable}_FILE", f"found {name!r}, expected a file that can be read") from None
    if not held:
        raise SettingsError(f"{variable}_FILE", f"found {name!r}, which is empty")
    return held


def _parse(variable: str, text: str, kind: type) -> str | int | float:
    if kind is str:
        return text
    expected = "a whole number" if kind is int else "a number"
    try:
        value: int | float = kind(text)
    except ValueError:
        raise SettingsError(variable, f"found {text!r}, expected {expected}") from None
    if not math.isfinite(value):
        raise SettingsError(variable, f"found {text}, expected a finite number")
    if not text.isascii() or "_" in text:
        raise SettingsError(variable, f"found {text!r}, expected {expected} in plain digits")
    if value <= 0:
        raise SettingsError(variable, f"found {text}, expected more than 0")
    if value > LONGEST:
        raise SettingsError(variable, f"found {text}, expected at most {LONGEST}{' s' if kind is float else ''}")
    return value

"""Which targets funnelbeat.yaml has, and the variable that chooses one. No definition is checked for that."""

from collections.abc import Mapping
from typing import Any

KEY = "targets"

TARGET = "FUNNELBEAT_TARGET"
"""The environment variable that chooses a target."""


def targets_of(value: Any) -> Mapping[str, Any]:
    found = value.get(KEY) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}

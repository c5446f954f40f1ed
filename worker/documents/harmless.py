"""Texts of a document, made harmless at any depth."""

from typing import Any

from worker.sanitize import harmless


def all_harmless(value: Any) -> Any:
    """Texts at any depth as `sanitize.harmless` leaves them."""
    if isinstance(value, dict):
        return {name: all_harmless(one) for name, one in value.items()}
    if isinstance(value, list):
        return [all_harmless(one) for one in value]
    return harmless(value) if isinstance(value, str) else value

"""Cleans the texts of a document at any depth."""

from typing import Any

from worker.sanitize import harmless


def all_harmless(value: Any) -> Any:
    """Applies `sanitize.harmless` to texts at any depth."""
    if isinstance(value, dict):
        return {name: all_harmless(one) for name, one in value.items()}
    if isinstance(value, list):
        return [all_harmless(one) for one in value]
    return harmless(value) if isinstance(value, str) else value

"""What happened in the sandbox."""

from collections.abc import Mapping


def step_document(events: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """How many events of each kind: {"events": {"Won": 1, …}}."""
    return {"events": dict(events)}

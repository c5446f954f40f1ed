"""For channels whose own options say where they send."""

from worker.sanitize import clean


def no_address(text: str) -> str:
    """Raises ValueError: an entry has no address there."""
    raise ValueError(f"found the address {clean(text, 60)!r}, expected none: the channel always sends to one place")

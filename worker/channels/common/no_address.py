"""For channels whose own options define the destination."""

from worker.sanitize import clean


def no_address(text: str) -> str:
    """Raises ValueError: an entry has no address with such a channel."""
    raise ValueError(f"found the address {clean(text, 60)!r}, expected none: the channel always sends to one place")

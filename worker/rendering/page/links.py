"""Links that are safe in all forms of a message."""

import re

_WEB = re.compile(r"https?://[^\s\"'<>\\]{1,500}")


def link(url: str | None) -> str:
    """A deal's address at its service; "" for anything other than a plain web address (javascript:, a space)."""
    return url if url is not None and _WEB.fullmatch(url) else ""

"""Names of files that are made from data."""

import re


def slug(text: str, limit: int = 60) -> str:
    """[a-z0-9-], never empty: safe as a part of a file name, whatever the text is."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:limit].strip("-") or "digest"

"""`tags` and `owner` of a schedule: words by which people find it. They change nothing of what it does."""

import re

from worker.adapters.definitions.place import Sheet, parsed
from worker.adapters.definitions.times import one_line
from worker.adapters.definitions.words import described

_TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_OWNER = 100


def tags(sheet: Sheet, written: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of the file."""
    listed = isinstance(sheet.document.get(("tags",)), list)
    for index, tag in enumerate(written):
        path = ("tags", index) if listed else ("tags",)
        if not _TAG.fullmatch(tag):
            expected = _as_list(tag) or "write lower-case letters, digits and hyphens, 40 characters at most"
            sheet.complain(path, f"a tag with {described(tag)}", expected)
        elif tag in written[:index]:
            sheet.complain(path, f"the tag `{tag}` for the second time", "leave it out")
    return written


def _as_list(text: str) -> str:
    """What to write for several tags in one text; "" if it is not that."""
    parts = [part.strip() for part in text.split(",")]
    return f"write a list: [{', '.join(parts)}]" if len(parts) > 1 and all(map(_TAG.fullmatch, parts)) else ""


def owner(sheet: Sheet, text: str) -> str:
    return parsed(sheet, ("owner",), text, _owner, "")


def _owner(text: str) -> str:
    if len(text) > _LONGEST_OWNER:
        raise ValueError(f"write a name or an address of {_LONGEST_OWNER} characters at most")
    return one_line(text).strip()

"""How deeply elements of HTML are nested. The library that puts styles in ends the process where it is too deep."""

import re

_TAGS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>style|script|textarea|title)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<end>/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)(?P<name>[a-zA-Z][^\s/>]*)",
    re.DOTALL | re.IGNORECASE,
)
_IMPLIED = frozenset({"p", "li", "dd", "dt", "option"})
"""Elements whose end may be left out before the end of the element around them."""


def deepest(html: str) -> int:
    """The most elements that are open at once. An end tag that does not belong to the innermost element ends nothing,
    so that the answer is never far below what a browser makes of it.
    """
    opened: list[str] = []
    most = 0
    for tag in _TAGS.finditer(html):
        name = (tag["name"] or "").lower()
        if not name:
            continue
        if tag["end"]:
            _close(opened, name)
        else:
            opened.append(name)
            most = max(most, len(opened))
    return most


def _close(opened: list[str], name: str) -> None:
    implied = len(opened)
    while implied and opened[implied - 1] != name and opened[implied - 1] in _IMPLIED:
        implied -= 1
    if implied and opened[implied - 1] == name:
        del opened[implied - 1 :]

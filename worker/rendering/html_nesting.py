"""How elements of HTML are nested: the depth, and which element is not closed. The library that inlines styles ends the
process if the nesting is too deep. How a mail client shows an element that is not closed is undefined.
"""

import re
from dataclasses import dataclass

_TAGS = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>style|script|textarea|title)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<end>/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)(?P<name>[a-zA-Z][^\s/>]*)",
    re.DOTALL | re.IGNORECASE,
)
_IMPLIED = frozenset({"p", "li", "dd", "dt", "option"})
"""Elements that may still be open when the element around them ends."""

_MAY_STAY_OPEN = _IMPLIED | {
    "tr",
    "td",
    "th",
    "thead",
    "tbody",
    "tfoot",
    "colgroup",
    "html",
    "head",
    "body",
    "rt",
    "rp",
}
"""Elements whose end tag HTML lets an author leave out."""


@dataclass(frozen=True, slots=True)
class HtmlFault:
    """`offset`: the position of the tag in the text."""

    offset: int
    problem: str


def html_fault(html: str) -> HtmlFault | None:
    """The first element that is not closed, or the first end tag without a start tag."""
    opened: list[tuple[str, int]] = []
    for tag in _TAGS.finditer(html):
        raw, name = (tag["raw"] or "").lower(), (tag["name"] or "").lower()
        if raw and not tag[0].lower().endswith(f"</{raw}"):
            return HtmlFault(tag.start(), f"<{raw}> is never closed")
        if not name or _closes_itself(html, tag.end()):
            continue
        if not tag["end"]:
            opened.append((name, tag.start()))
            continue
        fault = _ended(opened, name, tag.start())
        if fault is not None:
            return fault
    left = [(name, offset) for name, offset in opened if name not in _MAY_STAY_OPEN]
    return HtmlFault(left[-1][1], f"<{left[-1][0]}> is never closed") if left else None


def _ended(opened: list[tuple[str, int]], name: str, offset: int) -> HtmlFault | None:
    """Removes the element that an end tag closes, and those inside it that may stay open."""
    if name not in {open_name for open_name, _ in opened}:
        return HtmlFault(offset, f"</{name}> closes nothing that is open")
    while True:
        inner, begun = opened.pop()
        if inner == name:
            return None
        if inner not in _MAY_STAY_OPEN:
            return HtmlFault(begun, f"<{inner}> is not closed before </{name}>")


def deepest(html: str) -> int:
    """The largest number of elements that are open at once. An end tag that does not match the innermost element closes
    nothing, so the result is never far below what a browser would compute.
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


def _closes_itself(html: str, after: int) -> bool:
    """Whether the tag ends in "/>", as those of SVG may."""
    end = html.find(">", after)
    return end > 0 and html[end - 1] == "/"

"""Text of other parties, made fit for our sentences: on one line, without our secrets, and short.

Services repeat what they were sent, and often in another spelling. A secret is found in every spelling that one line
can hold: as it is; escaped for a URL, HTML or JSON; in base64 at any place of a longer text (as in Basic and in SMTP's
logins); in hexadecimal. Secrets are replaced before the text is cut, because otherwise the first part of a secret
across the cut would stay.
"""

import base64
import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from worker.sanitize import harmless

LIMIT = 200
MOST_READ = 20_000
"""Characters beyond which nothing is repeated. No person reads so much, and searching it for secrets takes seconds."""
GONE = "***"
_SHORTEST = 4
"""Characters of a secret, and letters of its base64. Shorter ones also stand in other words by chance."""
_ESCAPES = (
    re.compile("(?:%[0-9a-f]{2})+", re.IGNORECASE),
    re.compile("&#?[0-9a-z]{1,31};?", re.IGNORECASE),
    re.compile(r"(?:\\u[0-9a-f]{4})+|(?:\\x[0-9a-f]{2})+|\\.", re.IGNORECASE),
)
"""Of URLs, of HTML, and of JSON and other strings."""
_DEEPEST = 2
"""How many times a text may be encoded, one encoding within the other."""
_MARKS = re.compile(r"%|\\[ux]", re.IGNORECASE)
_LETTER = "[A-Za-z0-9+/]?"
_URL_SAFE = str.maketrans("-_", "+/")
_Span = tuple[int, int]


def redact(text: str, secrets: Iterable[str], limit: int = LIMIT) -> str:
    """One line of at most `limit` characters (the last an ellipsis) without control or bidi characters. Each secret is
    replaced by `***`.
    """
    if len(text) > MOST_READ:
        return "(more words than can be repeated)"
    line = _one_line(text)
    given = [secret for secret in set(secrets) if _one_line(secret)]
    found = {span for view in (_views(line) if given else ()) for secret in given for span in _places(view, secret)}
    for start, end in reversed(_joined(found)):
        line = line[:start] + GONE + line[end:]
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


class _View:
    """A line in another spelling. `places` makes `spans`, when something was found: that is seldom."""

    def __init__(self, text: str, places: Callable[[], list[_Span]]) -> None:
        self.text = text
        self._places = places

    @cached_property
    def spans(self) -> list[_Span]:
        """For each character the range that it stands for in the line."""
        return self._places()

    def find(self, pattern: str, flags: re.RegexFlag = re.NOFLAG) -> Iterator[_Span]:
        for match in re.finditer(pattern, self.text, flags):
            yield self.spans[match.start()][0], self.spans[match.end() - 1][1]

    def without(self, marks: str) -> "_View":
        text = self.text
        return _View(
            "".join([character for character in text if character not in marks]),
            lambda: [self.spans[at] for at, character in enumerate(text) if character not in marks],
        )

    def unescaped(self, escapes: re.Pattern[str]) -> "_View":
        """Every character of an escape stands for the whole escape."""
        texts: list[str] = []
        spans: list[_Span] = []
        end = 0
        for match in escapes.finditer(self.text):
            meant = _meant(match.group())
            place = self.spans[match.start()][0], self.spans[match.end() - 1][1]
            texts += [self.text[end : match.start()], meant]
            spans += self.spans[end : match.start()] + [place] * len(meant)
            end = match.end()
        spans += self.spans[end:]
        return _View("".join([*texts, self.text[end:]]), lambda: spans)


def _one_line(text: str) -> str:
    return " ".join(harmless(text).split())


def _views(line: str) -> list[_View]:
    """The line as it is, without the escapes of each kind, and without escapes of escapes. A secret may itself hold
    what looks like an escape of another kind, so the kinds are also taken singly.
    """
    views = {line: _View(line, lambda: [(position, position + 1) for position in range(len(line))])}
    for _ in range(_DEEPEST):
        for view in list(views.values()):
            for escapes in _ESCAPES:
                if escapes.search(view.text):
                    found = view.unescaped(escapes)
                    views.setdefault(found.text, found)
    return list(views.values())


def _places(view: _View, secret: str) -> Iterator[_Span]:
    """Where the secret is in this view. A very short one counts only as a word of its own. A form writes "+" for a
    blank.
    """
    plain = _one_line(secret)
    if len(plain) < _SHORTEST:
        yield from view.find(rf"(?<!\w){re.escape(plain)}(?!\w)", re.IGNORECASE)
        return
    yield from view.find(re.escape(plain), re.IGNORECASE)
    solid = plain.replace(" ", "").replace("+", "")
    if len(solid) >= _SHORTEST and solid != plain:
        yield from view.without(" +").find(re.escape(solid), re.IGNORECASE)
    data = secret.encode("utf-8", "surrogatepass")
    yield from view.without(" :-").find("".join(f"(?:0x)?{byte:02x}" for byte in data), re.IGNORECASE)
    yield from _in_base64(view.without(" "), data)


def _in_base64(view: _View, data: bytes) -> Iterator[_Span]:
    """After none, one or two other bytes, in both alphabets. A letter beside the secret's own may hold a few bits of
    it, and is replaced too.
    """
    same = _View(view.text.translate(_URL_SAFE), lambda: view.spans)
    for before, first in enumerate((0, 2, 3)):
        end = before + len(data)
        core = base64.b64encode(bytes(before) + data).decode()[first : end * 4 // 3]
        if len(core) >= _SHORTEST:
            left, right = _LETTER * bool(before), _LETTER * bool(end % 3)
            yield from same.find(f"{left}{re.escape(core)}{right}={{0,2}}")


def _meant(escape: str) -> str:
    if escape[0] == "&":
        return html.unescape(escape)
    if escape[0] == "\\" and len(escape) == 2:
        return " " if escape[1] in "nrtbf" else escape[1]
    wide = escape[1] in "uU"
    data = bytes.fromhex(_MARKS.sub("", escape))
    return data.decode("utf-16-be" if wide else "utf-8", "replace")


def _joined(spans: Iterable[_Span]) -> list[_Span]:
    """Sorted, with adjacent ones joined."""
    joined: list[_Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined

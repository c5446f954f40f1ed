"""Finds the cause of a YAML error in the text. The parser notices many mistakes only in a later line."""

import re
from dataclasses import dataclass

_CLOSES = {"[": "]", "{": "}"}
_NO_BLANK = re.compile(r"(?P<before>\s*(?:- +)*)(?P<key>[A-Za-z_][\w-]*):(?=[^\s/])")
_KEY = re.compile(r"(?P<before>\s*(?:- +)*)(?P<key>[A-Za-z_][\w-]*):(?=\s|$)")


@dataclass(frozen=True, slots=True)
class YamlCause:
    """`line` and `column` count from 0, as the marks of the parser."""

    line: int
    column: int
    found: str
    expected: str


def of_no_key(text: str, line: int, column: int) -> YamlCause:
    """Text at this place was read as a key, and no colon came. The text is not shown, because it may be a secret."""
    written = _without_blank(text, line)
    if written is not None:
        return written
    return YamlCause(line, column, "text where a key was due", "write `key: value`")


def of_a_colon(text: str, line: int, column: int) -> YamlCause:
    """A colon came where no key can be."""
    lines = text.split("\n")
    key = _KEY.match(lines[line])
    above = next((number for number in range(line - 1, -1, -1) if lines[number].strip()), None)
    if key is None or key.end() - 1 != column or above is None:
        return YamlCause(line, column, "a second colon in one line", "put text with `: ` in quotes")
    written = _without_blank(text, above)
    if written is not None:
        return written
    owner = _KEY.match(lines[above])
    if owner is None:
        found, expected = (
            f"`{key['key']}:` in the middle of a text",
            "line it up with the keys above, or quote the text",
        )
    else:
        found = f"`{key['key']}` set in deeper than `{owner['key']}` in line {above + 1}, which has a value"
        expected = "line the two up"
    return YamlCause(line, key.start("key"), found, expected)


def of_a_collection(text: str, opened: tuple[int, int], line: int, column: int) -> YamlCause:
    """Something else than a comma or the closing bracket came inside of the bracket at `opened`."""
    at, start = _offset(text, line, column), _offset(text, *opened)
    bracket, sign = text[start], text[at : at + 1]
    closing = _CLOSES.get(bracket, "")
    end, hidden = _walked(text, start)
    if hidden is not None and (end is None or end > at):
        number, place = _place(text, hidden)
        return YamlCause(number, place, "`#`, which begins a comment here", "put text that starts with # in quotes")
    if sign in _CLOSES.values():
        where = f"`{bracket}` at {opened[0] + 1}:{opened[1] + 1}"
        return YamlCause(line, column, f"`{sign}` where {where} is still open", f"write `{closing}` before it")
    if end is None:
        return YamlCause(*opened, f"`{bracket}` that is not closed", f"write `{closing}` at its end")
    found = "something after a value inside of brackets"
    return YamlCause(line, column, found, "write a comma, or put all of the value in quotes")


def of_a_neighbour(text: str, line: int, column: int) -> YamlCause | None:
    """Something came after a value that is complete. None: it begins its line, so that it is a matter of its indent."""
    current = text.split("\n")[line]
    sign = current[column : column + 1]
    if sign in _CLOSES.values():
        opening = next(opens for opens, closes in _CLOSES.items() if closes == sign)
        return YamlCause(line, column, f"`{sign}` without `{opening}` before it", "take it out")
    if not current[:column].strip(" -"):
        return None
    return YamlCause(
        line, column, "text after a value that is complete", "take it out, or put all of the value in quotes"
    )


def _without_blank(text: str, line: int) -> YamlCause | None:
    current = text.split("\n")[line]
    found = _NO_BLANK.match(current)
    if found is None:
        return None
    return YamlCause(
        line, found.start("key"), f"`{found['key']}:` without a blank after it", "write a blank after the colon"
    )


def _walked(text: str, start: int) -> tuple[int | None, int | None]:
    """Where the bracket at `start` is closed, and the first comment that hides a closing bracket."""
    depth, quote, at, hidden = 0, "", start, None
    while at < len(text):
        sign = text[at]
        fresh = text[at - 1 : at].strip(" \n[{,:") == ""
        if quote:
            quote = "" if sign == quote and text[at - 1] != "\\" else quote
        elif sign in "\"'" and fresh:
            quote = sign
        elif sign == "#" and text[at - 1 : at].isspace():
            after = text.find("\n", at)
            end = len(text) if after < 0 else after
            if hidden is None and any(closing in text[at:end] for closing in _CLOSES.values()):
                hidden = at
            at = end
            continue
        elif sign in _CLOSES:
            depth += 1
        elif sign in _CLOSES.values():
            depth -= 1
            if not depth:
                return at, hidden
        at += 1
    return None, hidden


def _offset(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return at + column


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1

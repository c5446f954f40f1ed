"""Rewords errors of the YAML parser for people who write schedules."""

import re

import yaml

from worker.adapters.definitions.yaml_causes import YamlCause, of_a_collection, of_a_colon, of_a_neighbour, of_no_key
from worker.errors import Complaint


def unprintable(text: str, path: str, error: yaml.reader.ReaderError) -> Complaint:
    """Searches for the character, because libyaml counts its position in bytes."""
    sign = error.character if isinstance(error.character, str) else chr(error.character)
    at = max(text.find(sign), 0)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return Complaint(path, line, column, f"the control character U+{ord(sign):04X}", "take it out")


_SENTENCES = (
    ("found a tab character", "a tab", "indent with spaces"),
    ("while scanning an alias", "text that starts with `*`", "put it in quotes"),
    ("while scanning an anchor", "text that starts with `&`", "put it in quotes"),
    ("unexpected end of stream", "a quote that is not closed", "close it"),
    ("did not find expected key", "a line that is set in differently from its neighbours", "line it up with them"),
    ("did not find expected '-'", "a line that is no item of the list before it", "start it with `- `"),
    ("unknown escape character", "a backslash that means nothing here", "use single quotes, or write two"),
    ("invalid Unicode character", "a backslash that names no character", "use single quotes, or write two"),
    ("unknown directive", "text that starts with `%`", "put it in quotes"),
)


_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
"""Line breaks of the parser besides the line feed. Its lines are counted with them."""

_FROM_THE_START = ("unexpected end of stream", "scanning an alias", "scanning an anchor", "scanning a directive")


def rephrased(text: str, path: str, error: yaml.MarkedYAMLError, reached: tuple[int, int]) -> Complaint:
    """`reached`: line and column of the last thing that was read, because some errors are only noticed at the end."""
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    if "cannot start any token" in said:
        return _bad_start(text, path, line, column)
    if "expected node content" in said:
        found, expected = "a value that is missing after this", "write it; put text that starts with # in quotes"
        return Complaint(path, *reached, found, expected)
    if error.context_mark and any(part in said for part in _FROM_THE_START):
        line, column = error.context_mark.line, error.context_mark.column
    cause = _cause(_BREAKS.sub("\n", text) + "\n", said, error, line, column)
    if cause is not None:
        return Complaint(path, cause.line + 1, cause.column + 1, cause.found, cause.expected)
    for part, found, expected in _SENTENCES:
        if part in said:
            return Complaint(path, line + 1, column + 1, found, expected)
    return Complaint(path, line + 1, column + 1, "what is not YAML", f"mend it: {error.problem or 'it cannot be read'}")


def _cause(text: str, said: str, error: yaml.MarkedYAMLError, line: int, column: int) -> YamlCause | None:
    began = (error.context_mark.line, error.context_mark.column) if error.context_mark else (line, column)
    if "could not find expected ':'" in said:
        return of_no_key(text, *began)
    if "mapping values are not allowed" in said:
        return of_a_colon(text, line, column)
    if "did not find expected ',' or" in said:
        return of_a_collection(text, began, line, column)
    if "did not find expected key" in said or "did not find expected '-'" in said:
        return of_a_neighbour(text, line, column)
    return None


def _bad_start(text: str, path: str, line: int, column: int) -> Complaint:
    lines = text.split("\n")
    sign = lines[line][column : column + 1] if line < len(lines) else ""
    if sign == "\t":
        return Complaint(path, line + 1, column + 1, "a tab", "indent with spaces")
    return Complaint(path, line + 1, column + 1, f"text that starts with `{sign}`", "put it in quotes")

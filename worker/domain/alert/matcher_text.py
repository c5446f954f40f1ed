"""Matchers as people write them, such as `owner="Ann"` or `team=~"north|south"`: the form of Alertmanager's amtool."""

import re

from worker.domain.alert.silence import Matcher
from worker.errors import RequestError

_WRITTEN = re.compile(r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>.*?)\s*", re.DOTALL)
_REPEATED = re.compile(r"(?<!\\)(?:\\\\)*\)[+*{]")
"""`(a+)+b` against a name of 40 letters keeps a worker busy for hours, and nothing can interrupt it."""


def parse_matcher(text: str) -> Matcher:
    """The value may stand in double quotes. Raises RequestError."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise RequestError(f"{text!r} is not a matcher; write NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX")
    value, operator = found["value"], found["operator"]
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1]) if operator in ("=", "!=") else value[1:-1].replace('\\"', '"')
    if operator in ("=~", "!~"):
        try:
            re.compile(value)
        except re.error as error:
            raise RequestError(f"{text!r}: the regular expression cannot be read: {error}") from None
        if _REPEATED.search(value):
            found_in = "a group that is repeated, which may take for ever"
            raise RequestError(
                f"{text!r}: the regular expression has {found_in}; write it without `)+`, `)*` and `){{`"
            )
    return Matcher(found["name"], operator, value)


def written(matcher: Matcher) -> str:
    """As `parse_matcher` reads it."""
    value = matcher.value
    if matcher.operator in ("=", "!="):
        value = value.replace("\\", "\\\\")
    quoted = value.replace('"', '\\"')
    return f'{matcher.name}{matcher.operator}"{quoted}"'

"""Matchers as people write them, such as `owner="Ann"` or `team=~"north|south"`: the form of Alertmanager's amtool."""

import re
from functools import lru_cache

from worker.domain.alert.silence import Matcher, Silence
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
    made = Matcher(found["name"], operator, value)
    fault = fault_of(made)
    if fault:
        raise RequestError(f"{text!r}: {fault}")
    return made


@lru_cache(1_000)
def fault_of(matcher: Matcher) -> str:
    """Why the matcher matches nothing: its regular expression is not understood. Empty if it is."""
    if matcher.operator not in ("=~", "!~"):
        return ""
    try:
        re.compile(matcher.value)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the regular expression cannot be read: {error}"
    if _REPEATED.search(matcher.value):
        found = "a group that is repeated, which may take for ever"
        return f"the regular expression has {found}; write it without `)+`, `)*` and `){{`"
    return ""


def silence_fault(silence: Silence) -> str:
    """Why the silence mutes nothing; empty if it works."""
    if silence.unreadable:
        return silence.unreadable
    return next((f"{written(one)}: {fault}" for one in silence.matchers if (fault := fault_of(one))), "")


def written(matcher: Matcher) -> str:
    """As `parse_matcher` reads it."""
    value = matcher.value
    if matcher.operator in ("=", "!="):
        value = value.replace("\\", "\\\\")
    quoted = value.replace('"', '\\"')
    return f'{matcher.name}{matcher.operator}"{quoted}"'

"""Errors of a request in plain words. Pydantic's own messages are for people who know Python."""

from collections.abc import Mapping
from typing import Any

from worker.web.api.parameters import FILLED

_INSTANT = "expected an instant with an offset, such as 2026-01-31T09:00:00+01:00"
_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "no such key; leave it out",
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "list_type": "expected a list",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
    "timezone_aware": _INSTANT,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "greater_than_equal": "expected {ge} or more",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected {le} or less",
    "less_than": "expected less than {lt}",
    "string_too_short": "expected {min_length} characters or more",
    "string_too_long": "expected at most {max_length} characters",
    "too_short": "expected {min_length} items or more",
    "too_long": "expected at most {max_length} items",
    "literal_error": "expected one of {expected}",
    "enum": "expected one of {expected}",
    "json_invalid": "the body is no JSON",
}
_EMPTY = "found an empty value, expected one"


def plain_error(error: Mapping[str, Any]) -> str:
    """The place and what is expected, as in "query.limit: expected a whole number". The value is not repeated: it may
    be a secret.
    """
    empty = error["type"] == "string_too_short" and error["ctx"]["min_length"] == 1
    if empty or (error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == FILLED):
        return f"{_place(error)}: {_EMPTY}" + (", or leave it out" if error["loc"][0] == "query" else "")
    words = _WORDS.get(str(error["type"]))
    said = words.format_map(error.get("ctx") or {}) if words else str(error["msg"]).removeprefix("Value error, ")
    return f"{_place(error)}: {said}"


def _place(error: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in error["loc"])

"""Texts with named places: values are put in as plain text, and neither a pattern nor a value is ever a format string.

str.format would read attributes and items of a value ("{x.__class__}"), and with them everything the process knows.
"""

import re
from collections.abc import Mapping

_PLACE = re.compile(r"\{([^{}]*)\}(\.?)")


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """`pattern` with each `{name}` replaced by its value, unchanged. Raises LookupError for a place without a value.

    A pattern's own full stop is left out after a value that ends with one, as a German date does.
    """

    def value(place: re.Match[str]) -> str:
        name, stop = place.groups()
        if name not in values:
            known = ", ".join(f"{{{known}}}" for known in values) or "no place"
            raise LookupError(f"found the place {{{name}}}, expected one of: {known}")
        text = values[name]
        return text if text.endswith(".") else text + stop

    return _PLACE.sub(value, pattern)

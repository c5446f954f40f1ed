"""Next steps and stall reasons of a service, stored as codes. A reader sees them in the reader's own language.

A code may carry values: "no_update:10:Offer". The words of one language map "<kind>.<code>" to a phrase in which {1}
and {2} stand for those values. A phrase may have two forms, "<kind>.<code>.one" and ".other", chosen by the first
value.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

_PLACE = re.compile(r"\{(\d)\}")


class CodeKind(StrEnum):
    """The kind is also the name of the column that holds such codes. A next step may also be a person's own text, which
    is no code.
    """

    NEXT_STEP = "next_step"
    STALL_REASON = "stall_reason"


def coded(code: str, *values: object) -> str:
    """A code with its values. Only the last value may hold a colon."""
    return ":".join([code, *map(str, values)])


def worded(kind: CodeKind, text: str, words: Mapping[str, str]) -> str | None:
    """`text` in the language of `words`. None if the text is no code of that language, or has another
    number of values.
    """
    code, _, rest = text.partition(":")
    key = f"{kind}.{code}"
    form = "one" if rest.partition(":")[0] == "1" else "other"
    pattern = words.get(f"{key}.{form}", words.get(key))
    if pattern is None:
        return None
    places = max((int(place) for place in _PLACE.findall(pattern)), default=0)
    values = rest.split(":", max(places - 1, 0)) if rest else []
    if len(values) != places:
        return None
    return _PLACE.sub(lambda place: values[int(place[1]) - 1], pattern)


def code_of(kind: CodeKind, text: str, english: Mapping[str, str]) -> str:
    """The code for a text. Older snapshots hold the English words in place of a code; any other text is returned as it
    is.
    """
    keys = (key for key, word in english.items() if word == text and key.startswith(f"{kind}."))
    return next((key.removeprefix(f"{kind}.") for key in keys), text)

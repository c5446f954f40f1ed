"""Elapsed time as people write it: 90s, 15m, 1h30m, 2d."""

import re

_PARTS = re.compile(r"(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)
_IN_WORDS = re.compile(
    r"(?:(?P<count>[0-9]{1,6})\s*|(?:an?|one|every)\s+)?(?P<unit>[wdhms])(?:eeks?|ays?|ours?|rs?|in(?:ute)?s?|ec(?:ond)?s?)"
)
_UNITS = (604_800, 86_400, 3_600, 60, 1)
DAY = 86_400


class TimeWordError(ValueError):
    """A word about time that cannot be used. `found` and `expected` are the two halves of a Complaint."""

    def __init__(self, found: str, expected: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(f"{found}; {expected}")


class DurationError(TimeWordError):
    pass


def clipped(text: str) -> str:
    """Text from a user as it may stand in a sentence: quoted, escaped, short."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def parse_duration(text: str) -> int:
    """Whole seconds of "90s", "1h30m", "2d", "1w": larger units first, each at most once. Raises DurationError."""
    parts = _PARTS.fullmatch(text.strip().lower())
    if parts is None or not any(parts.groups()):
        expected = "write whole numbers with units, such as 90s, 15m or 1h30m"
        raise DurationError(f"{clipped(text)} is not a duration", _meant(text) or expected)
    return sum(int(count) * unit for count, unit in zip(parts.groups(), _UNITS, strict=True) if count)


def _meant(text: str) -> str:
    """What to write for "5 minutes", "5mins" or "an hour"; "" for anything else."""
    found = _IN_WORDS.fullmatch(text.strip().lower())
    return f"did you mean `{(found['count'] or '1').lstrip('0') or '0'}{found['unit']}`?" if found else ""


def written(seconds: int) -> str:
    """The duration as people write it: 5400 is 1h30m."""
    parts: list[str] = []
    for unit, length in zip("wdhms", _UNITS, strict=True):
        count, seconds = divmod(seconds, length)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"

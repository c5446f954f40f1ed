"""Our cron dialect: crontab's five fields, parsed into numbers. An expression that dialects read differently is
refused.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache

from worker.domain.time.duration import TimeWordError, clipped

DIALECT = "write five fields: minute hour day month weekday, such as 0 9 * * MON"
MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ITEM = re.compile(
    r"(?P<first>\*|[0-9]{1,4}|[a-z]{1,9})(?:-(?P<last>[0-9]{1,4}|[a-z]{1,9}))?(?:/(?P<step>[0-9]{1,4}))?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class CronError(TimeWordError):
    pass


@dataclass(frozen=True, slots=True)
class CronFields:
    """The values that each field allows, ascending. `weekday` counts from Monday = 0 as `date.weekday()` and
    APScheduler do, not as crontab does. `both_of_twice`: the hour is `*` or stepped, so that an hour which comes twice
    counts twice.
    """

    minute: tuple[int, ...]
    hour: tuple[int, ...]
    day: tuple[int, ...]
    month: tuple[int, ...]
    weekday: tuple[int, ...]
    both_of_twice: bool

    @property
    def once_a_day(self) -> bool:
        """Whether there is at most one slot on any local day."""
        return len(self.minute) * len(self.hour) == 1


@dataclass(frozen=True, slots=True)
class _Field:
    label: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    wraps: bool = False

    @property
    def whole(self) -> tuple[int, ...]:
        return tuple(range(self.low, self.high + 1))

    def error(self, item: str, problem: str, expected: str) -> CronError:
        return CronError(f"{clipped(item)} in the {self.label} field {problem}", expected)


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("weekday", 0, 6, _WEEKDAYS, wraps=True)


@lru_cache(maxsize=4096)
def parse(expression: str) -> CronFields:
    """Raises CronError with one sentence, also for an expression that never fires (30 February). Kept, because many
    schedules share a line.
    """
    texts = _split(expression)
    parts = zip((_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY), texts, strict=True)
    minute, hour, day, month, sunday_first = (_values(field, text) for field, text in parts)
    if day != _DAY.whole and sunday_first != _WEEKDAY.whole:
        raise _two_readings(texts[2], texts[4])
    _refuse_never(day, month, texts)
    stepped = "*" in texts[1] or "/" in texts[1] or hour == _HOUR.whole
    return CronFields(minute, hour, day, month, tuple(sorted((value - 1) % 7 for value in sunday_first)), stepped)


def weekdays(text: str) -> tuple[int, ...]:
    """The weekday field alone, such as MON-FRI: ascending, Monday is 0. Raises CronError."""
    return tuple(sorted((value - 1) % 7 for value in _values(_WEEKDAY, text.strip().lower())))


def _split(expression: str) -> list[str]:
    text = expression.strip().lower()
    if text.startswith("@"):
        if text not in MACROS:
            raise CronError(f"{clipped(expression)} is not a known shorthand", f"write one of {', '.join(MACROS)}")
        text = MACROS[text]
    texts = text.split()
    if len(texts) != 5:
        raise CronError(f"{clipped(expression)} has {len(texts)} fields", DIALECT)
    return texts


def _values(field: _Field, text: str) -> tuple[int, ...]:
    return tuple(sorted({value for item in text.split(",") for value in _item(field, item)}))


def _item(field: _Field, item: str) -> tuple[int, ...]:
    found = _ITEM.fullmatch(item)
    if found is None or (found["first"] == "*" and found["last"]):
        raise field.error(item, "cannot be read", f"write *, {_example(field)}, a range or a list of these")
    if found["first"] == "*":
        values = field.whole
    elif found["last"]:
        values = _range(field, item, found["first"], found["last"])
    elif found["step"]:
        raise field.error(
            item, "is read differently by different crons", f"write {found['first']}-{field.high}/{found['step']}"
        )
    else:
        values = (_number(field, item, found["first"]) % _turn(field),)
    return values[:: _step(field, item, found["step"], len(values))]


def _step(field: _Field, item: str, text: str | None, length: int) -> int:
    """A step that leaves only the first value is a mistake: `*/90` does not mean every ninety minutes."""
    if text is None:
        return 1
    step = int(text)
    if not 1 <= step < length:
        raise field.error(
            item, f"has the step {step}", f"write a step from 1 to {length - 1}, or the values themselves"
        )
    return step


def _range(field: _Field, item: str, first: str, last: str) -> tuple[int, ...]:
    low, high = _number(field, item, first), _number(field, item, last)
    if low <= high:
        values = tuple(dict.fromkeys(value % _turn(field) for value in range(low, high + 1)))
    elif field.wraps:  # people write FRI-MON for a long weekend
        values = (*range(low, field.high + 1), *range(field.low, high + 1))
    else:
        raise field.error(
            item, "runs backwards", f"write {first.upper()}-{field.high},{field.low}-{last.upper()} to go over the end"
        )
    return values


def _number(field: _Field, item: str, word: str) -> int:
    """A weekday may be 7, so that 5-7 is a range. A caller that wants one value takes it modulo `_turn`."""
    if word in field.names:
        return field.names.index(word) + field.low
    limit = 7 if field.wraps else field.high
    if not word.isdigit() or not field.low <= int(word) <= limit:
        raise field.error(item, "is out of range" if word.isdigit() else "cannot be read", f"write {_example(field)}")
    return int(word)


def _turn(field: _Field) -> int:
    return 7 if field.wraps else field.high + 1


def _example(field: _Field) -> str:
    names = f" or {field.names[0].upper()} to {field.names[-1].upper()}" if field.names else ""
    return f"a number from {field.low} to {7 if field.wraps else field.high}{names}"


def _two_readings(day: str, weekday: str) -> CronError:
    on_day, on_weekday = f"day {clipped(day)}", f"weekday {clipped(weekday.upper())}"
    return CronError(
        f"{on_day} and {on_weekday} are both set: crontab would run on each {on_day} and on each {on_weekday} besides, "
        f"other schedulers only on a {on_day} that is also a {on_weekday}",
        "write * in one of the two fields (two schedules give the days that are either)",
    )


def _refuse_never(day: tuple[int, ...], month: tuple[int, ...], texts: list[str]) -> None:
    if day[0] > max(monthrange(2024, number)[1] for number in month):  # 2024: a year with 29 February
        raise CronError(
            f"day {clipped(texts[2])} of month {clipped(texts[3].upper())} never comes",
            "write a day that these months have",
        )

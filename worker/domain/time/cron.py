"""Our cron dialect: crontab's five fields, parsed into numbers, and days that have no fixed number in a month. An
expression that dialects read differently is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from worker.domain.time import cron_words as words
from worker.domain.time.duration import TimeWordError, clipped
from worker.domain.time.month_days import LAST, FromEnd, MonthDay, NthWeekday, WorkingDay, longest, meant_day

DIALECT = "write five fields: minute hour day month weekday, such as 0 9 * * MON"
_ITEM = re.compile(
    r"(?P<first>\*|[0-9]{1,4}|[a-z]{1,9})(?:-(?P<last>[0-9]{1,4}|[a-z]{1,9}))?(?:/(?P<step>[0-9]{1,4}))?"
)
_DAY_WORDS: dict[str, MonthDay] = {
    **dict.fromkeys(("l", "last-day"), FromEnd()),
    **dict.fromkeys(("lw", "last-working-day"), WorkingDay(last=True)),
    **dict.fromkeys(("1w", "first-working-day"), WorkingDay(last=False)),
}
_DAYS_WITH_BLANKS = re.compile(r"\b(?:(first|last)\s+(working)|(last))\s+(day)\b", re.IGNORECASE)
_BEFORE_LAST = re.compile(r"l-(?P<before>[0-9]{1,4})")
_NTH_WEEKDAY = re.compile(r"(?P<weekday>[0-9]{1,4}|[a-z]{1,9})(?:#(?P<nth>[0-9]{1,4}|l)|l)")


class CronError(TimeWordError):
    pass


@dataclass(frozen=True, slots=True)
class CronFields:
    """The values that each field allows, ascending. `weekday` counts from Monday = 0 as `date.weekday()` and
    APScheduler do, not as crontab does. `both_of_twice`: the hour is `*` or stepped, so that an hour which comes twice
    counts twice.

    A day is named if `day` and `weekday` both have it. Each of `month_days` names a day of a month besides. `day` is
    empty if its field has nothing else, and so is `weekday`.
    """

    minute: tuple[int, ...]
    hour: tuple[int, ...]
    day: tuple[int, ...]
    month: tuple[int, ...]
    weekday: tuple[int, ...]
    both_of_twice: bool
    month_days: tuple[MonthDay, ...] = ()

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
    more: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> tuple[int, ...]:
        return tuple(range(self.low, self.high + 1))

    def error(self, item: str, problem: str, expected: str) -> CronError:
        return CronError(f"{clipped(item)} in the {self.label} field {problem}", expected)

    def unreadable(self, item: str, word: str) -> CronError:
        """`word`: the part of the item that nobody can read."""
        allowed = f"*, {_example(self)}{self.more}, a range or a list of these"
        return self.error(item, "cannot be read", words.advice(item, word, self.words, allowed))


_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY = _Field("day of month", 1, 31, more=f", {words.DAYS_IN_FULL}", words=words.DAY_WORDS)
_MONTH = _Field("month", 1, 12, words.MONTHS, words=words.MONTH_WORDS)
_WEEKDAY = _Field("weekday", 0, 6, words.WEEKDAYS, True, f", {words.NTH_IN_FULL}", words.WEEKDAY_WORDS)
_WEEKDAY_ALONE = replace(_WEEKDAY, more="", words=words.PLAIN_WEEKDAYS)


@lru_cache(maxsize=4096)
def parse(expression: str) -> CronFields:
    """Raises CronError with one sentence, also for an expression that never fires (30 February). Kept, because many
    schedules share a line.
    """
    texts = _split(expression)
    minute, hour, month = (_values(*part) for part in ((_MINUTE, texts[0]), (_HOUR, texts[1]), (_MONTH, texts[3])))
    day, of_month = _days(_DAY, texts[2])
    sunday_first, of_week = _days(_WEEKDAY, texts[4])
    if day != _DAY.whole and sunday_first != _WEEKDAY.whole:
        raise _two_readings(texts[2], texts[4])
    _refuse_never(day, of_month, month, texts)
    stepped = "*" in texts[1] or "/" in texts[1] or hour == _HOUR.whole
    weekday = tuple(sorted((value - 1) % 7 for value in sunday_first))
    return CronFields(minute, hour, day, month, weekday, stepped, of_month or of_week)


def weekdays(text: str) -> tuple[int, ...]:
    """The weekday field alone, such as MON-FRI: ascending, Monday is 0. Raises CronError."""
    return tuple(sorted((value - 1) % 7 for value in _values(_WEEKDAY_ALONE, text.strip())))


def _split(expression: str) -> list[str]:
    """The five fields as they are written."""
    text = expression.strip()
    if text.startswith("@"):
        if text.lower() not in words.MACROS:
            known = {name: f"`{name}`" for name in words.MACROS}
            expected = words.advice(text, text, known, f"one of {', '.join(words.MACROS)}")
            raise CronError(f"{clipped(expression)} is not a known shorthand", expected)
        text = words.MACROS[text.lower()]
    texts = _DAYS_WITH_BLANKS.sub(lambda found: "-".join(filter(None, found.groups())), text).split()
    if len(texts) != 5:
        raise CronError(f"{clipped(expression)} has {len(texts)} fields", meant_day(texts, _DAY_WORDS) or DIALECT)
    return texts


def _days(field: _Field, text: str) -> tuple[tuple[int, ...], tuple[MonthDay, ...]]:
    """A day field: its numbers, and its days that have no fixed number in a month."""
    read = _of_month if field is _DAY else _of_weekday
    items = {item: read(item) for item in text.split(",")}
    numbers = ",".join(item for item, found in items.items() if found is None)
    values = _values(field, numbers) if None in items.values() else ()
    found = tuple(dict.fromkeys(one for one in items.values() if one is not None))
    return values, () if values == field.whole else found


def _of_month(item: str) -> MonthDay | None:
    """None for a number, a range or a step."""
    found = _BEFORE_LAST.fullmatch(item.lower())
    if found is None:
        return _DAY_WORDS.get(item.lower())
    if not 1 <= int(found["before"]) < _DAY.high:
        raise _DAY.error(item, "is out of range", "write L for the last day, or L-1 to L-30 for a day before it")
    return FromEnd(int(found["before"]))


def _of_weekday(item: str) -> MonthDay | None:
    """None for a name, a number, a range or a step."""
    found = _NTH_WEEKDAY.fullmatch(item.lower())
    if found is None:
        return None
    weekday, nth = (_number(_WEEKDAY, item, found["weekday"]) - 1) % 7, found["nth"] or "l"
    if nth != "l" and not 1 <= int(nth) <= 5:
        name = found["weekday"].upper()
        raise _WEEKDAY.error(item, "is out of range", f"write {name}#1 to {name}#5, or {name}#L for the last")
    return NthWeekday(weekday, LAST if nth == "l" else int(nth))


def _values(field: _Field, text: str) -> tuple[int, ...]:
    return tuple(sorted({value for item in text.split(",") for value in _item(field, item)}))


def _item(field: _Field, item: str) -> tuple[int, ...]:
    found = _ITEM.fullmatch(item.lower())
    if found is None or (found["first"] == "*" and found["last"]):
        raise field.unreadable(item, item)
    first, last, step = found["first"], found["last"], found["step"]
    if first == "*":
        values = field.whole
    elif last:
        values = _range(field, item, first, last)
    else:
        values = (_number(field, item, first) % _turn(field),)
        if step:
            expected = f"write {first.upper()}-{field.high}/{step}"
            raise field.error(item, "is read differently by different crons", expected)
    return values[:: _step(field, item, step, len(values))]


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
        if word.isdigit():
            raise field.error(item, "is out of range", f"write {_example(field)}")
        raise field.unreadable(item, word)
    return int(word)


def _turn(field: _Field) -> int:
    return 7 if field.wraps else field.high + 1


def _example(field: _Field) -> str:
    names = f" or {field.names[0].upper()} to {field.names[-1].upper()}" if field.names else ""
    return f"a number from {field.low} to {7 if field.wraps else field.high}{names}"


def _two_readings(day: str, weekday: str) -> CronError:
    on_day, on_weekday = f"day {clipped(day)}", f"weekday {clipped(weekday)}"
    return CronError(
        f"{on_day} and {on_weekday} are both set: crontab would run on each {on_day} and on each {on_weekday} besides, "
        f"other schedulers only on a {on_day} that is also a {on_weekday}",
        "write * in one of the two fields (two schedules give the days that are either, and MON#1 in the weekday field "
        "is the first Monday of a month)",
    )


def _refuse_never(
    day: tuple[int, ...], month_days: tuple[MonthDay, ...], month: tuple[int, ...], texts: list[str]
) -> None:
    most = max(map(longest, month))
    by_rule = any(not isinstance(one, FromEnd) or one.before < most for one in month_days)
    if not by_rule and (not day or day[0] > most):
        raise CronError(
            f"day {clipped(texts[2])} of month {clipped(texts[3])} never comes",
            "write a day that these months have",
        )

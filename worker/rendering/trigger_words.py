"""The trigger of a schedule in words: "Mondays 09:00 CET". A cron expression is never printed for a reader."""

from collections.abc import Iterable
from datetime import datetime, time
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from worker.domain.schedule import Trigger
from worker.domain.time.cron import CronFields, parse
from worker.domain.time.month_days import LAST, FromEnd, MonthDay, WorkingDay
from worker.rendering.phrases import capital
from worker.rendering.wording import Wording

MOST_TIMES = 4
"""The number of times in one day that are listed. For more, the interval is printed, or their number."""

_MONTH, _WEEK, _YEAR = 31, 7, 12
"""The number of values in a field without a restriction."""

_HOUR, _DAY = 60, 24 * 60
"""Minutes."""


def trigger_words(w: Wording, trigger: Trigger, now: datetime) -> str:
    """Times are in the trigger's zone, with the zone's name at `now`."""
    return capital(trigger_phrase(w, trigger, now))


def trigger_phrase(w: Wording, trigger: Trigger, now: datetime) -> str:
    """The same for use inside a sentence: "every day 09:00 CET"."""
    if trigger.kind == "cron":
        words = _cron(w, parse(trigger.expression), ZoneInfo(trigger.zone), now)
        return w.say("when.no_holidays", when=words) if trigger.holidays else words
    return w.every(trigger.seconds) if trigger.seconds else w.say("when.event")


def _cron(w: Wording, fields: CronFields, zone: ZoneInfo, now: datetime) -> str:
    days = ", ".join([*_days(w, fields), *(_month_day(w, one) for one in fields.month_days)])
    if len(fields.month) < _YEAR:
        days = w.say("when.months", days=days, months=w.listed([w.month(one) for one in fields.month]))
    minutes = [hour * _HOUR + minute for hour, minute in product(fields.hour, fields.minute)]
    today = now.astimezone(zone).date()
    moments = [datetime.combine(today, time(*divmod(minute, _HOUR)), zone) for minute in minutes]
    if len(moments) <= MOST_TIMES:
        return w.say("when.at", days=days, times=w.wall_times(moments))
    distances = {after - before for before, after in pairwise(minutes)}
    if len(distances) > 1:
        return _times(w, days, len(moments))
    step = distances.pop()
    span = "" if len(moments) * step == _DAY else w.wall_span(moments[0], moments[-1])
    return ", ".join(filter(None, ("" if days == w.say("when.daily") else days, w.every(step * 60), span)))


def _times(w: Wording, days: str, number: int) -> str:
    daily = days == w.say("when.daily")
    return w.say("when.daily_times", number) if daily else w.say("when.times", number, days=days)


def _days(w: Wording, fields: CronFields) -> Iterable[str]:
    """The days with a fixed number in the month or in the week."""
    of_month, of_week = fields.day, fields.weekday
    if not of_month or not of_week:
        return
    if len(of_month) < _MONTH:
        names = [w.say("when.day", day) for day in of_month]
        if _in_a_row(of_month):
            yield w.say("when.days_span", days=w.say("when.span", first=names[0], last=names[-1]))
        else:
            yield w.say("when.days", days=w.listed(names))
    elif len(of_week) == _WEEK:
        yield w.say("when.daily")
    elif _in_a_row(of_week):
        yield w.say("when.span", first=w.weekday(of_week[0]), last=w.weekday(of_week[-1]))
    else:
        yield w.listed([w.say(f"when.weekday.{day}") for day in of_week])


def _in_a_row(numbers: tuple[int, ...]) -> bool:
    return len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1


def _month_day(w: Wording, day: MonthDay) -> str:
    if isinstance(day, FromEnd):
        return w.say("when.before_last", day.before) if day.before else w.say("when.last_day")
    if isinstance(day, WorkingDay):
        return w.say("when.last_working_day" if day.last else "when.first_working_day")
    return w.say(f"when.nth.{'last' if day.nth == LAST else day.nth}", day=w.weekday(day.weekday))

"""When a schedule is due, in words: "Mondays 09:00 CET". A reader never meets a cron expression."""

from collections.abc import Iterable
from datetime import datetime, time
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from worker.domain.schedule import Trigger
from worker.domain.time.cron import CronFields, parse
from worker.domain.time.month_days import LAST, FromEnd, MonthDay, WorkingDay
from worker.rendering.wording import Wording

MOST_TIMES = 4
"""Times of one day that are named. Of more, the distance is said, or how many there are."""

_MONTH, _WEEK, _YEAR = 31, 7, 12
"""How many values a whole field has."""

_HOUR, _DAY = 60, 24 * 60
"""Minutes."""

_ONE = {3_600: "when.every_hour", 86_400: "when.every_day"}
"""Seconds of which nobody says "every 1"."""


def trigger_words(w: Wording, trigger: Trigger, now: datetime) -> str:
    """Times are on the clock of the trigger's zone, with the name that this zone has at `now`."""
    if trigger.kind == "cron":
        words = _cron(w, parse(trigger.expression), ZoneInfo(trigger.zone), now)
        return w.say("when.no_holidays", when=words) if trigger.holidays else words
    if not trigger.seconds:
        return w.say("when.event")
    one = _ONE.get(trigger.seconds)
    return w.say(one) if one else w.say("when.every", every=w.duration(trigger.seconds))


def _cron(w: Wording, fields: CronFields, zone: ZoneInfo, now: datetime) -> str:
    days = ", ".join([*_days(w, fields), *(_month_day(w, one) for one in fields.month_days)])
    if len(fields.month) < _YEAR:
        days = w.say("when.months", days=days, months=", ".join(map(w.month, fields.month)))
    minutes = [hour * _HOUR + minute for hour, minute in product(fields.hour, fields.minute)]
    today = now.astimezone(zone).date()
    moments = [datetime.combine(today, time(*divmod(minute, _HOUR)), zone) for minute in minutes]
    if len(moments) <= MOST_TIMES:
        return w.say("when.at", days=days, times=w.wall_times(moments))
    distances = {after - before for before, after in pairwise(minutes)}
    if len(distances) > 1:
        return w.say("when.times", len(moments), days=days)
    step = distances.pop()
    every = w.say("when.each_hour") if step == _HOUR else w.say("when.each", every=w.duration(step * 60))
    span = "" if len(moments) * step == _DAY else w.wall_span(moments[0], moments[-1])
    return w.say("when.steps", days=days, every=every, span=span)


def _days(w: Wording, fields: CronFields) -> Iterable[str]:
    """Those with a fixed number in the month or the week."""
    of_month, of_week = fields.day, fields.weekday
    if not of_month or not of_week:
        return
    if len(of_month) < _MONTH:
        yield w.say("when.days", days=_listed(w, of_month, [w.say("when.day", day) for day in of_month]))
    elif len(of_week) == 1:
        yield w.say("when.weekday", day=w.weekday(of_week[0]))
    else:
        names = [w.weekday(day) for day in of_week]
        yield _listed(w, of_week, names) if len(of_week) < _WEEK else w.say("when.daily")


def _listed(w: Wording, numbers: tuple[int, ...], names: list[str]) -> str:
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return w.say("when.span", first=names[0], last=names[-1])
    return ", ".join(names)


def _month_day(w: Wording, day: MonthDay) -> str:
    if isinstance(day, FromEnd):
        return w.say("when.before_last", day.before) if day.before else w.say("when.last_day")
    if isinstance(day, WorkingDay):
        return w.say("when.last_working_day" if day.last else "when.first_working_day")
    return w.say(f"when.nth.{'last' if day.nth == LAST else day.nth}", day=w.weekday(day.weekday))

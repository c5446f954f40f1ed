"""The pages behind the links in a message, in the reader's language and zone."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial

from markupsafe import Markup

from worker import shipped
from worker.domain.left_out import LeftOutCounts
from worker.domain.links import Purpose
from worker.domain.reader_page import PAUSES, Act, ReaderPage, SendingTime
from worker.locales import own_name
from worker.rendering.template_sandbox import TemplateSandbox
from worker.rendering.templates import environment
from worker.rendering.trigger_words import trigger_phrase, trigger_words
from worker.rendering.wording import Wording

TIMES = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30))
"""The quiet hours that can be selected. Others that a definition has are added to them."""

LANGUAGES = {"en": "en_GB", "de": "de_DE"}
"""For pages that do not identify a reader."""


@cache
def own_templates() -> TemplateSandbox:
    """The shipped templates; a project has no such pages of its own."""
    return environment(shipped.folder_of("templates"), {})


@cache
def style() -> str:
    """The style sheet of all pages, which is embedded in each."""
    return own_templates().get_template("web/page.css.j2").render().strip()


def style_hash() -> str:
    """For a Content-Security-Policy that allows only this style sheet."""
    return base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()


def page_of(page: ReaderPage) -> str:
    """The HTML of a reader's page. Its forms post to its own address."""
    entry, defaults = page.in_force, page.defaults
    w = Wording(entry.locale if entry else defaults.locale, entry.zone if entry else defaults.timezone, page.now.year)
    forms = page.schedule is not None and entry is not None
    return _filled(
        w,
        page=page,
        name=_named(w, page.schedule.name, alerts=page.alerts) if page.schedule is not None else "",
        named=partial(_named, w),
        when=_when(w, page),
        when_of=partial(_sending_time, w, page.now),
        cap=w.say("web.cap_rest", page.cap.messages, per=w.per(page.cap.per)) if page.cap is not None else "",
        address=page.link.reader.address,
        forms=forms,
        full=page.link.purpose is Purpose.PREFERENCES,
        acts=Act,
        entry=entry,
        times=TIMES,
        quiet=_quiet(page),
        weekdays=[(number, w.weekday(number)) for number in range(7)],
        locales=[(locale, own_name(locale)) for locale in page.locales],
        rows=page.entry.rows if page.entry is not None else "",
        pauses=[(pause.days, w.date(page.now + pause)) for pause in PAUSES],
        since=_said(w, page),
        left_out=_left_out(w, page.left_out),
        fit=_fit(w, page.left_out),
        until=w.date(page.link.expires) if page.link.expires is not None else "",
    )


def _named(w: Wording, schedule: str, *, alerts: bool) -> str:
    name = w.clean(schedule)
    return w.say("web.alerts_of", name=name) if alerts else name


def _when(w: Wording, page: ReaderPage) -> str:
    """As in "Mondays 09:00 CET, last sent Mon 9 Nov"."""
    when = _sending_time(w, page.now, page.when, alerts=page.alerts)
    last = w.say("web.last_sent", date=w.date(page.last_sent)) if page.last_sent is not None else ""
    return ", ".join(part for part in (when, last) if part)


def _sending_time(w: Wording, now: datetime, when: SendingTime | None, *, alerts: bool) -> str:
    if when is None:
        return ""
    if alerts:
        words = w.say("web.checked", when=trigger_phrase(w, when.trigger, now))
    else:
        words = trigger_words(w, when.trigger, now)
    return w.say("web.collected", when=words) if when.collected else words


def _quiet(page: ReaderPage) -> tuple[str, str]:
    """Start and end of the time in which nothing is sent, as in 19:00; empty if there is no such time."""
    hours = page.in_force.quiet_hours if page.in_force is not None else None
    if hours is None or hours.begins is None or hours.ends is None:
        return "", ""
    return f"{hours.begins:%H:%M}", f"{hours.ends:%H:%M}"


def _said(w: Wording, page: ReaderPage) -> str:
    """Since when sending is stopped, or until when it is paused."""
    preference = page.preference
    if preference is None:
        return ""
    instant: datetime | None = preference.at if page.stopped else preference.until
    return w.stamp(instant) if instant is not None else ""


def _left_out(w: Wording, found: LeftOutCounts | None) -> str:
    """As in "3 of the last 12 would have been left out"."""
    if found is None:
        return ""
    if not found.of:
        return w.say("web.left_out_unknown")
    if not found.digests:
        return w.say("web.left_out_none", found.of)
    return w.say("web.left_out", found.digests, of=w.count(found.of))


def _fit(w: Wording, found: LeftOutCounts | None) -> str:
    return w.say("web.fit", found.fit, of=w.count(found.deals)) if found is not None and found.fit is not None else ""


def plain_page(kind: str, accepted: Sequence[str], request: str = "") -> str:
    """A page that identifies no reader. `kind`: "invalid", "busy", "fault" or "many". `accepted`: the languages that
    the browser prefers, the first one first. `request`: the id under which the log says more.
    """
    language = next((one for one in accepted if one in LANGUAGES), "en")
    return _filled(Wording(LANGUAGES[language], "UTC"), kind=kind, page=None, address="", until="", request=request)


def _filled(w: Wording, **values: object) -> str:
    sheet = Markup(style())  # noqa: S704  # our own file
    return own_templates().get_template("web/page.html.j2").render(w=w, style=sheet, **values)

"""The choices of a reader on the page. They are checked like an entry of a definition, and only the differences are
stored.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from worker.domain.choices import Choices
from worker.domain.quiet import EVERY_DAY, WEEK, QuietHours
from worker.domain.reader_page import PreferencesForm, ReaderPage
from worker.domain.schedule import Bundle, Schedule, Send, Subscription
from worker.domain.subscription import Origin
from worker.errors import RequestError
from worker.flow.uses import UsesEntryChecks

NONE = "none"


class ChoiceUses(UsesEntryChecks, Protocol): ...


def choices_of(
    uses: ChoiceUses,
    bundle: Bundle,
    schedule: Schedule,
    entry: Subscription,
    page: ReaderPage,
    form: PreferencesForm,
    by: str,
) -> Choices:
    """Raises RequestError with the sentences that `check` has for such an entry."""
    got = uses.check_entry(bundle, schedule, _written(page, entry, form)).entry
    quiet, own = got.quiet_hours or QuietHours(), entry.quiet_hours or QuietHours()
    times = QuietHours(quiet.begins, quiet.ends)
    send = got.send if form.send in set(Send) else page.choices.send if page.choices is not None else None
    hours = entry.not_sent
    return Choices(
        Origin.LINK,
        by,
        page.now,
        locale=got.locale if got.locale != entry.locale else "",
        send=send if send != entry.send else None,
        days=got.days if got.days != (hours.days if hours is not None else EVERY_DAY) else None,
        quiet_hours=times if (times.begins, times.ends) != (own.begins, own.ends) else None,
        rows=got.rows,
    )


def _written(page: ReaderPage, entry: Subscription, form: PreferencesForm) -> Mapping[str, Any]:
    """The form as keys of an entry of `to:`."""
    days = [WEEK[int(day)] for day in form.days if day in "0123456" and day]
    if not days:
        raise RequestError("`days` without a day; leave a day on which it may be sent")
    hours = {"from": form.quiet_from, "to": form.quiet_to}
    times = {name: text for name, text in hours.items() if text}
    written: dict[str, Any] = {
        "channel": entry.channel,
        "address": page.link.reader.address,
        "locale": form.locale or entry.locale,
        "days": days,
        "quiet_hours": times or NONE,
    }
    if form.send in set(Send):
        written["send"] = form.send
    return written | ({"rows": form.rows.strip()} if form.rows.strip() else {})

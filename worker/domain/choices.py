"""The choices of readers for their own subscriptions. They are applied on top of a definition or a record, and never
show more than that.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from worker.domain.quiet import EVERY_DAY, QuietHours
from worker.domain.schedule import Send, Subscription
from worker.domain.subscription import Origin


@dataclass(frozen=True, slots=True)
class Choices:
    """Who chose, when, and what; None or empty where it is as the entry says. Of `quiet_hours` only the times count,
    and none of them are no quiet hours: public holidays stay the entry's. `rows` holds beside the entry's condition.
    """

    origin: Origin
    by: str
    at: datetime
    locale: str = ""
    send: Send | None = None
    days: tuple[int, ...] | None = None
    quiet_hours: QuietHours | None = None
    rows: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is chosen."""
        return bool(self.locale or self.send or self.rows or self.days or self.quiet_hours)

    def chosen(self, entry: Subscription) -> Subscription:
        """The entry with what its reader chose."""
        return replace(
            entry,
            locale=self.locale or entry.locale,
            send=self.send or entry.send,
            days=self.days or entry.days,
            quiet_hours=self._quiet(entry.quiet_hours),
            rows=both(entry.rows, self.rows),
        )

    def _quiet(self, own: QuietHours | None) -> QuietHours | None:
        found = own or QuietHours()
        if self.quiet_hours is not None:
            found = replace(found, begins=self.quiet_hours.begins, ends=self.quiet_hours.ends)
        if self.days is not None:
            found = replace(found, days=EVERY_DAY)
        return None if found == QuietHours() else found


def both(first: str, second: str) -> str:
    """A condition that holds if both hold. A line break ends a comment."""
    if not first or not second:
        return first or second
    return f"({first}\n) && ({second}\n)"

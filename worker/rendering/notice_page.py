"""A notice in the operator's language, as the templates of `notice` see it."""

import shlex

from worker.domain.notice import Cause, Notice, SlotSpan, Trouble
from worker.domain.reason import Reason
from worker.rendering import text_table
from worker.rendering.page.held import HeldRow, held_lines, held_rows
from worker.rendering.wording import Wording
from worker.sanitize import plain

PREHEADER = 126
LONGEST_NAME = 60
LONGEST_CAUSE = 300
SUBJECTS = {
    Reason.PARTLY_DELIVERED: "partly",
    Reason.NO_DATA: "no_data",
    Reason.DATA_BACK: "data_back",
    Reason.NOT_READ: "not_read",
    Reason.SLOTS_MISSED: "slots_missed",
    Reason.BUDGET_SPENT: "budget_spent",
    Reason.WAITED_TOO_LONG: "waited_too_long",
    Reason.TROUBLE_OVER: "trouble_over",
}
"""How a subject begins. The default says that the run failed."""


class NoticePage:
    """What happened, why, since when, and which commands can repair it."""

    def __init__(self, notice: Notice, w: Wording) -> None:
        self.notice, self._w = notice, w

    @property
    def subject(self) -> str:
        """The subject of the mail: what happened, and to which schedule."""
        if self.notice.trouble is Trouble.SUSPENDED:
            return plain(self._w.say("notice.subject.suspended", what=self._what))
        if self.notice.trouble is Trouble.HELD:
            return plain(self._w.say("held.subject", self._count))
        time = self._w.clock(self.notice.run.slot).rpartition(":")[0]
        end = SUBJECTS.get(self.notice.reason, "failed")
        name = self._w.clean(self.notice.name, LONGEST_NAME)
        return plain(self._w.say(f"notice.subject.{end}", name=name, time=time))

    @property
    def preheader(self) -> str:
        """The text beside the subject in an inbox."""
        return self._w.clean(" ".join((self.headline, *self.causes, *self.held)), PREHEADER)

    @property
    def headline(self) -> str:
        """What happened, in one sentence."""
        if self.held:
            return self._w.say("held.headline", self._count)
        return self._w.say(f"notice.{self._kind}", what=self._what)

    @property
    def held(self) -> tuple[str, ...]:
        """The digests that were held, each with its slot, key figure and changes; empty for a notice to the
        operator.
        """
        return held_lines(self._w, self.notice.held, self.notice.more_causes)

    @property
    def held_rows(self) -> tuple[HeldRow, ...]:
        """As `held`, as table rows, without the digests that are only counted."""
        return held_rows(self._w, self.notice.held)

    @property
    def held_more(self) -> str:
        """How many more were held; empty if all are listed."""
        return self._w.more(self.notice.more_causes) if self.held and self.notice.more_causes else ""

    @property
    def held_count(self) -> str:
        """As in "3 digests"."""
        return self._w.say("held.count", self._count)

    @property
    def over(self) -> bool:
        """Whether it reports a recovery: then there is nothing to do."""
        return self._kind == "data_back" or self.notice.reason is Reason.TROUBLE_OVER

    @property
    def _count(self) -> int:
        return len(self.notice.held) + self.notice.more_causes

    @property
    def causes(self) -> tuple[str, ...]:
        """The errors of services and receivers, each with its query or reader."""
        told = [
            ": ".join(words for words in (self._who(cause), self._sentence(cause)) if words)
            for cause in self.notice.causes
        ]
        return (
            (*told, self._w.more(self.notice.more_causes, "causes"))
            if told and self.notice.more_causes
            else tuple(told)
        )

    @property
    def repeats(self) -> str:
        """How often it repeated for the same subject since the last notice; empty if it did not."""
        if not self.notice.repeats or self.notice.repeats_since is None:
            return ""
        return self._w.say("notice.repeats", self.notice.repeats, date=self._w.stamp(self.notice.repeats_since))

    @property
    def act(self) -> str:
        """What can be done; empty for held digests."""
        return "" if self.held else self._w.say(f"notice.act.{self._kind}")

    @property
    def commands(self) -> tuple[str, ...]:
        """As they are typed; none for a reader."""
        if self.held:
            return ()
        run, schedule = shlex.quote(str(self.notice.run)), shlex.quote(self.notice.run.schedule)
        show, again, retry = f"show {run}", f"run {schedule}", f"retry {run}"
        typed = {
            "source": ("doctor", again),
            "abandoned": (show, again),
            "undelivered": (show, retry, again),
            "partly_delivered": (show, retry),
            "no_data": ("doctor", show),
            "data_back": (show,),
            "not_read": ("doctor", show),
            "slots_missed": (f"runs {schedule}", "doctor"),
            "budget_spent": ("doctor", show),
            "waited_too_long": (f"runs {schedule}", "doctor"),
            "over_failed": (show,),
            "over_undelivered": (show,),
            "over_missed": (show,),
            "over_budget": (show,),
            "over_too_late": (show,),
            "address": ("deploy", retry),
            "channel": ("doctor", "deploy", retry),
        }[self._kind]
        return tuple(f"funnelbeat {words}" for words in typed)

    @property
    def _kind(self) -> str:
        """Selects the sentences: the reason of a failed run, or what is suspended."""
        if self.notice.trouble is Trouble.SUSPENDED:
            return "channel" if self.notice.subject.startswith("channel ") else "address"
        over = self.notice.reason is Reason.TROUBLE_OVER
        return f"over_{self.notice.trouble}" if over else str(self.notice.reason)

    @property
    def _what(self) -> str:
        """What is suspended: the address, or the channel's name. flow.run.readers writes this subject."""
        return self._w.clean(self.notice.subject.split(" ", 1 if self._kind == "channel" else 2)[-1])

    def _who(self, cause: Cause) -> str:
        if cause.slots is not None:
            return self._slots(cause.slots)
        return "" if self.notice.trouble is Trouble.SUSPENDED else self._w.clean(cause.who, LONGEST_CAUSE)

    def _sentence(self, cause: Cause) -> str:
        return self._w.clean(self._w.sentence(cause.sentence), LONGEST_CAUSE)

    def _slots(self, span: SlotSpan) -> str:
        """As in "12 slots: Mon 16 Nov, 06:00 CET – 08:45 CET"."""
        one_day = self._w.date(span.first) == self._w.date(span.last)
        last = self._w.time(span.last) if one_day and span.first != span.last else self._w.stamp(span.last)
        ends = dict.fromkeys((self._w.stamp(span.first), last))
        return self._w.say("notice.slots", span.count, span=" – ".join(ends))

    indent = staticmethod(text_table.indented)

"""What an inbox shows before the mail is opened: the subject, whose first 38 characters carry it, and the preheader."""

from worker.rendering.page_lists import Lists
from worker.sanitize import clean, plain

PREHEADER = 126


class Inbox(Lists):
    """As Lists, with subject and preheader."""

    @property
    def subject(self) -> str:
        name = self.w.clean(self.digest.name)
        if self.unknown:
            return " · ".join([self.w.say("subject.incomplete", what=self._missing_what()), name])
        title = self.w.say("subject.first", name=name) if self.first else name
        return plain(
            " · ".join([part for part in (self._number(), self._stalls()) if part] + [title] + self._missing())
        )

    def _number(self) -> str:
        key = self.key
        if key is None or key.closing is None:
            return self.w.date(self.digest.slot)
        amount = self.w.whole(key.closing, key.currency)
        number = self.w.say("subject.stalled" if self.of_stalled else "subject.open", amount=amount)
        if key.delta is None:
            return number
        moved = self.w.whole(key.delta, key.currency, signed=True) if key.delta else self.w.say("subject.unchanged")
        return f"{number}, {moved}"

    def _stalls(self) -> str:
        section = self.stalled
        if section is None or self.of_stalled:
            return ""
        if section.newly_count:
            return self.w.say("subject.today" if section.first else "subject.newly", section.newly_count)
        return self.w.say("subject.still", section.still_count) if section.still_count else ""

    def _missing(self) -> list[str]:
        count = len(self.digest.gaps)
        return [self.w.say("subject.missing", count)] if count else []

    def _missing_what(self) -> str:
        line = next((s for s in self.digest.sources if s.query_id == self.digest.key_query), None)
        if line is None or line.query == "opportunities":
            return self.w.say("deal_list")
        return self.w.query_label(line.query)

    @property
    def preheader(self) -> str:
        """The line after the subject: what the subject had no room for."""
        if self.unknown:
            parts = [self.w.say("pre.gap", what=_capital(self._missing_what())), self._sentence(self.last_known)]
        elif self.first:
            parts = self._first_preheader()
        elif self.unchanged and self.since:
            parts = [self.w.say("pre.nothing", date=self.since), self._still_preheader()]
        else:
            parts = [self._sentence(self.brief_moves), self._act_preheader()]
        return clean(" ".join(part for part in parts if part), PREHEADER)

    def _first_preheader(self) -> list[str]:
        key, coming = self.key, self.digest.next_slot
        opened = [self.w.say("pre.open", key.count)] if key is not None and key.count is not None else []
        coming_words = [] if coming is None else [self.w.say("pre.next", date=self.w.date(coming))]
        return [*opened, self._act_preheader(), *coming_words]

    def _act_preheader(self) -> str:
        section = self.stalled
        if section is None or not section.newly_count:
            return self._still_preheader()
        owners = ", ".join(f"{name} {n}" for name, n in self.act_owners)
        amount = self.w.sum(section.newly_totals, cents=False)
        if section.first:
            return self.w.say("pre.today", section.newly_count, amount=amount, owners=owners)
        return self.w.say("pre.newly", amount=amount, owners=owners)

    def _still_preheader(self) -> str:
        section = self.stalled
        if section is None or not section.still_count:
            return ""
        return self.w.say("pre.still", section.still_count, amount=self.w.sum(section.still_totals, cents=False))

    def _sentence(self, text: str) -> str:
        return f"{text}." if text else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

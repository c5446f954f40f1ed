"""What an inbox shows before the mail is opened: the subject, whose first 38 characters carry it, and the preheader."""

from worker.domain.digest.model import Digest
from worker.rendering.page.act import WhoMustAct
from worker.rendering.page.amounts import summed
from worker.rendering.page.changes import WhatChanged
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.why import WhyItMoved
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import Wording
from worker.sanitize import clean, plain

PREHEADER = 126


class Inbox:
    def __init__(
        self,
        digest: Digest,
        w: Wording,
        number: KeyNumber,
        why: WhyItMoved,
        changes: WhatChanged,
        act: WhoMustAct,
        vocabulary: Vocabulary,
    ) -> None:
        self._digest = digest
        self._w = w
        self._number = number
        self._why = why
        self._changes = changes
        self._act = act
        self._vocabulary = vocabulary

    @property
    def subject(self) -> str:
        name = self._w.clean(self._digest.name)
        if self._number.unknown:
            return f"{self._incomplete()} · {name}"
        title = self._w.say("subject.first", name=name) if self._number.first else name
        return plain(
            " · ".join([part for part in (self._amount(), self._stalls()) if part] + [title] + self._missing())
        )

    def _amount(self) -> str:
        unjudged = self._number.unjudged
        return f"{self._total()}, {self._w.say('subject.unjudged', unjudged)}" if unjudged else self._total()

    def _total(self) -> str:
        key = self._number.key
        words = f"subject.{self._number.holds}"
        if self._number.nothing:
            return self._w.say(words, amount=self._w.count(0))
        if self._number.first_figures:
            return self._number.first_figures[0].line
        if key is None or key.closing is None:
            return self._w.date(self._digest.slot)
        number = self._w.say(words, amount=self._w.whole(key.closing, key.currency))
        if key.delta is None:
            return number
        moved = self._w.whole(key.delta, key.currency, signed=True) if key.delta else self._w.say("subject.unchanged")
        return f"{number}, {moved}"

    def _stalls(self) -> str:
        section = self._act.stalled
        if section is None or self._number.of_stalled:
            return ""
        if section.newly_count:
            return self._w.say("subject.today" if section.first else "subject.newly", section.newly_count)
        return self._w.say("subject.still", section.still_count) if section.still_count else ""

    def _missing(self) -> list[str]:
        count = len(self._digest.gaps)
        return [self._w.say("subject.missing", count)] if count else []

    def _incomplete(self) -> str:
        if self._digest.key_query is None and len(self._digest.gaps) > 1:
            return self._w.say("subject.parts", len(self._digest.gaps))
        return self._w.say("subject.incomplete", what=self._missing_what())

    def _missing_what(self) -> str:
        """The list that heads a digest; in a digest without one the parts by their names."""
        if self._digest.key_query is None:
            return ", ".join(self._w.clean(gap.query_id) for gap in self._digest.gaps) or self._w.say("report")
        line = next((s for s in self._digest.sources if s.query_id == self._digest.key_query), None)
        if line is None or self._vocabulary.lists_opportunities(line):
            return self._w.say("deal_list")
        return self._w.query_label(line.query)

    @property
    def preheader(self) -> str:
        """The line after the subject: what the subject had no room for."""
        if self._number.unknown:
            parts = [
                self._w.say("pre.gap", what=_capital(self._missing_what())),
                self._sentence(self._number.last_known),
            ]
        elif self._number.first:
            parts = self._first_preheader()
        elif self._number.unchanged and self._number.since:
            parts = [self._stood_still(), self._still_preheader(), *self._further_figures()]
        else:
            moved = self._sentence(self._why.brief_moves or self._changes.changes)
            parts = self._further_figures() or [moved, self._act_preheader()]
        return clean(" ".join(part for part in parts if part), PREHEADER)

    def _further_figures(self) -> list[str]:
        """The subject has the first."""
        return [self._sentence(figure.line) for figure in self._number.first_figures[1:]]

    def _stood_still(self) -> str:
        """What changed beside a number that did not; nothing is said of deals where no list of deals was read."""
        if self._digest.changes:
            return self._sentence(self._changes.changes)
        about = "pre.same" if self._digest.key_query is None else "pre.nothing"
        return self._w.say(about, date=self._number.since)

    def _first_preheader(self) -> list[str]:
        key, coming = self._number.key, self._digest.next_slot
        opened = self._further_figures()
        if key is not None and key.count is not None and not self._number.of_stalled:
            opened = [self._w.say(f"pre.{self._number.holds}", key.count)]
        coming_words = [] if coming is None else [self._w.say("pre.next", date=self._w.date(coming))]
        return [*opened, self._act_preheader(), *coming_words]

    def _act_preheader(self) -> str:
        section = self._act.stalled
        if section is None or not section.newly_count:
            return self._still_preheader()
        owners = ", ".join(f"{name} {n}" for name, n in self._act.act_owners)
        amount = summed(section.newly_totals, self._w)
        if section.first:
            return self._w.say("pre.today", section.newly_count, amount=amount, owners=owners)
        return self._w.say("pre.newly", amount=amount, owners=owners)

    def _still_preheader(self) -> str:
        section = self._act.stalled
        if section is None or not section.still_count:
            return ""
        return self._w.say("pre.still", section.still_count, amount=summed(section.still_totals, self._w))

    def _sentence(self, text: str) -> str:
        """A German date may end with the full stop of its month ("9. Nov."): one is enough."""
        return f"{text.removesuffix('.')}." if text else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

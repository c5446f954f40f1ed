"""The text that an inbox shows for a mail: the subject, whose first 38 characters matter most, and the preheader."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.digest.model import Digest, StalledSection
from worker.rendering.page.act import WhoMustAct
from worker.rendering.page.amounts import summed
from worker.rendering.page.changes import WhatChanged
from worker.rendering.page.facts import FactRows
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.measure import KeyMeasureWords
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.why import WhyItMoved
from worker.rendering.phrases import capital
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import Wording
from worker.sanitize import clean, plain

PREHEADER = 126


@dataclass(frozen=True, slots=True)
class Head:
    """The parts of a digest's head."""

    number: KeyNumber
    measure: KeyMeasureWords
    facts: FactRows
    why: WhyItMoved
    changes: WhatChanged
    act: WhoMustAct


class Inbox:
    """`series`: the subject is always the same, and the figures are at the start of the preheader."""

    def __init__(
        self,
        digest: Digest,
        w: Wording,
        names: QueryNames,
        head: Head,
        vocabulary: Vocabulary,
        *,
        series: bool = False,
    ) -> None:
        self._series = series
        self._names = names
        self._digest = digest
        self._w = w
        self._number, self._measure, self._facts = head.number, head.measure, head.facts
        self._why, self._changes, self._act = head.why, head.changes, head.act
        self._vocabulary = vocabulary

    @property
    def subject(self) -> str:
        """The subject of the mail: the number, its change, who must act, and the digest's name."""
        name = self._w.clean(self._digest.name)
        if self._series:
            return plain(name)
        if self._number.unknown:
            return f"{self._incomplete()} · {name}"
        title = self._w.say("subject.first", name=name) if self._number.first else name
        parts = (self._amount(), self._stalls(), self._money(), title, *self._missing())
        return plain(" · ".join(part for part in parts if part))

    def _money(self) -> str:
        """The amount beside a figure other than an amount."""
        return self._facts.money if self._digest.measure is not None else ""

    def _amount(self) -> str:
        unjudged = self._number.unjudged
        return f"{self._total()}, {self._w.say('subject.unjudged', unjudged)}" if unjudged else self._total()

    def _total(self) -> str:
        key = self._number.key
        words = f"subject.{self._number.holds}"
        if self._number.nothing:
            return self._w.say(words, amount=self._w.count(0))
        if self._digest.measure is not None:
            return self._measure.measure_said
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
        if self._digest.measure is None and self._digest.key_query is None and len(self._digest.gaps) > 1:
            return self._w.say("subject.parts", len(self._digest.gaps))
        return self._w.say("subject.incomplete", what=self._missing_what())

    def _missing_what(self) -> str:
        """The main list of a digest; in a digest without a main list, the names of the missing parts."""
        if self._digest.measure is not None:
            return self._w.metric_label(self._digest.measure.figure.name)
        if self._digest.key_query is None:
            return ", ".join(self._names.title(gap.query_id) for gap in self._digest.gaps) or self._w.say("report")
        line = next((s for s in self._digest.sources if s.query_id == self._digest.key_query), None)
        if line is None or self._vocabulary.lists_opportunities(line):
            return self._w.say("deal_list")
        return self._w.query_label(line.query)

    @property
    def preheader(self) -> str:
        """The line after the subject: what did not fit into the subject."""
        if self._number.unknown:
            parts = [
                self._w.say("pre.gap", what=capital(self._missing_what())),
                self._sentence(self._number.last_known),
            ]
        elif self._digest.measure is not None:
            parts = self._measured()
        elif self._number.first:
            parts = self._first_preheader()
        elif self._number.unchanged and self._number.since:
            parts = [self._stood_still(), self._still_preheader()]
        else:
            moved = self._sentence(self._why.brief_moves or self._changes.changes)
            before = 0 if self._digest.own else len(moved) + 1
            act = self._act_preheader(before)
            parts = [act, moved, self._open()] if self._digest.own else [moved, act, self._open()]
        if self._series and not self._number.unknown:
            parts = [self._sentence(self._amount()), *parts]
        return clean(fitting([part for part in parts if part], PREHEADER), PREHEADER)

    def _measured(self) -> list[str]:
        """What changed the figure, then the facts; who must act, if anybody must."""
        why = self._sentence(self._measure.measure_lost_most)
        still = [] if why or not self._number.unchanged or not self._number.since else [self._stood_still()]
        facts = [self._sentence(fact) for fact in self._facts.fact_sentences]
        coming = self._coming() if self._number.first and not self._compared else []
        changed = [] if still else [self._sentence(self._changes.changes)]
        also = [] if why or facts else [self._sentence(one) for one in self._measure.measure_also]
        return [*still, why, *facts, *also, *changed, self._act_preheader(0), *coming]

    @property
    def _compared(self) -> bool:
        return self._digest.measure is not None and self._digest.measure.before_is == "comparison"

    def _open(self) -> str:
        """The number of deals, if it fits."""
        key = self._number.key
        if key is None or key.count is None or self._number.of_stalled:
            return ""
        return self._w.say(f"pre.{self._number.holds}", key.count)

    def _coming(self) -> list[str]:
        coming = self._digest.next_slot
        return [] if coming is None else [self._w.say("pre.next", date=self._w.date(coming))]

    def _stood_still(self) -> str:
        """What changed beside a key number that did not. Deals are not mentioned if no list of deals was read."""
        if self._digest.changes:
            return self._sentence(self._changes.changes)
        about = "pre.same" if self._digest.key_query is None else "pre.nothing"
        return self._w.say(about, date=self._number.since)

    def _first_preheader(self) -> list[str]:
        return [self._open(), self._act_preheader(0), *self._coming()]

    def _act_preheader(self, before: int) -> str:
        """As many owners as fit behind the first `before` characters of the line."""
        section = self._act.stalled
        if section is None or not section.newly_count:
            return self._still_preheader()
        said = [self._act_words(section, n) for n in range(self._act.brief_most, 0, -1)]
        return next((words for words in said if len(words) <= PREHEADER - before), said[-1] if said else "")

    def _act_words(self, section: StalledSection, most: int) -> str:
        amount = summed(section.newly_totals, self._w)
        owners = ("; " if self._digest.own else ", ").join(self._act.brief_act(most))
        if section.first:
            return self._w.say("pre.today", section.newly_count, amount=amount, owners=owners)
        return self._w.say("pre.newly", amount=amount, owners=owners)

    def _still_preheader(self) -> str:
        section = self._act.stalled
        if section is None or not section.still_count:
            return ""
        return self._w.say("pre.still", section.still_count, amount=summed(section.still_totals, self._w))

    def _sentence(self, text: str) -> str:
        """Prevents a second full stop: a German date may end with the full stop of its month ("9. Nov.")."""
        return f"{text.removesuffix('.')}." if text else ""


def fitting(parts: Sequence[str], most: int) -> str:
    """As many whole sentences as fit; at least the first one."""
    line = ""
    for part in parts:
        longer = f"{line} {part}".strip()
        line = longer if not line or len(longer) <= most else line
    return line

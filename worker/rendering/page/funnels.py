"""The stages of a funnel with their bars, as shares, or as counts if the numbers are small."""

from worker.domain.digest.model import Digest
from worker.domain.digest.sections import FunnelSection, FunnelStage
from worker.rendering.bars import from_zero
from worker.rendering.page.rows import Cut, FunnelRow
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import MINUS, NONE, Wording

FEW = 10
"""A funnel whose largest stage is below this number is printed in counts: percentages of a few mislead."""

VERY_FEW = 5


class FunnelRows:
    def __init__(self, digest: Digest, w: Wording, cut: Cut, vocabulary: Vocabulary) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut
        self._vocabulary = vocabulary

    def few(self, section: FunnelSection) -> bool:
        """Whether the funnel is printed in counts only."""
        return max((s.count or 0 for s in section.stages), default=0) < FEW

    def funnel_stages(self, section: FunnelSection) -> tuple[FunnelStage, ...]:
        """All stages, or as many as fit: the first, the last and the largest between them are kept."""
        if len(section.stages) <= self._cut.stages:
            return section.stages
        middle = sorted(section.stages[1:-1], key=lambda s: -(s.count or 0))[: self._cut.stages - 2]
        kept = {section.stages[0].key, section.stages[-1].key, *(s.key for s in middle)}
        return tuple(s for s in section.stages if s.key in kept)

    def stages_cut(self, section: FunnelSection) -> int:
        """How many stages are not shown."""
        return len(section.stages) - len(self.funnel_stages(section))

    def funnel_rows(self, section: FunnelSection) -> tuple[FunnelRow, ...]:
        """One row for each stage that is shown."""
        stages = self.funnel_stages(section)
        lengths = from_zero([s.count for s in stages] + [s.before_count for s in stages])
        few = self.few(section)
        return tuple(
            self._funnel_row(s, few, bar or 0.0, before)
            for s, bar, before in zip(stages, lengths[: len(stages)], lengths[len(stages) :], strict=True)
        )

    def _funnel_row(self, s: FunnelStage, few: bool, bar: float, before: float | None) -> FunnelRow:
        count = NONE if s.count is None else self._w.count(s.count)
        label = self._w.named(s.label, s.key)
        if few:
            advanced, change = self._part(s.advanced, s.count), self._part(s.before_advanced, s.before_count)
            if s.won:
                advanced, change = NONE, NONE if s.before_count is None else self._w.count(s.before_count)
            return FunnelRow(label, count, advanced, change, "", s.won, bar, before)
        if s.won or s.advanced is None:
            return FunnelRow(label, count, NONE, NONE, "", s.won, bar, before)
        if (s.count or 0) < VERY_FEW or (s.before_count is not None and s.before_count < VERY_FEW):
            return FunnelRow(label, count, self._advanced(s), NONE, "", s.won, bar, before)
        change = NONE if s.before_advanced is None else self._w.points(s.advanced - s.before_advanced)
        return FunnelRow(label, count, self._w.percent(s.advanced), change, _sign_tone(change), s.won, bar, before)

    def _advanced(self, s: FunnelStage) -> str:
        return self._part(s.advanced, s.count) if (s.count or 0) < VERY_FEW else self._w.percent(s.advanced)

    def _part(self, fraction: float | None, count: int | None) -> str:
        if fraction is None or count is None:
            return NONE
        return self._w.say("of", part=self._w.count(round(fraction * count)), whole=self._w.count(count))

    def legend(self, funnel: FunnelSection) -> str:
        """What the bars of the funnel mean."""
        what, advanced = self.counted(funnel.query_id), self.advanced_head(funnel.query_id)
        within = what if self._w.language == "de" else what.lower()  # German capitalizes nouns inside a sentence
        word = "legend" if funnel.compared else "legend_alone"
        return self._w.say(word, what=within, advanced=advanced, share=self._share(funnel.query_id))

    def legend_text(self, query_id: str) -> str:
        """What the shares mean, if there are no bars."""
        return self._w.say("legend_text", advanced=self.advanced_head(query_id), share=self._share(query_id))

    def nobody(self, query_id: str) -> str:
        """The text for a funnel that has nothing in any stage."""
        own = f"{self._counts(query_id)}_still"
        return self._w.say(own if self._w.knows(own) else "funnel_still")

    def counted(self, query_id: str) -> str:
        """What a funnel counts, for example deals or visitors, as the head of a column."""
        return self._w.say(f"{self._counts(query_id)}_head")

    def stage_head(self, query_id: str) -> str:
        """The head of the column of row names: stages, unless the service has another word."""
        own = f"{self._counts(query_id)}_stage"
        return self._w.say(own if self._w.knows(own) else "stage")

    def advanced_head(self, query_id: str) -> str:
        """The head of the column of shares that continued to the next stage."""
        own = f"{self._counts(query_id)}_advanced"
        return self._w.say(own if self._w.knows(own) else "advanced")

    def _share(self, query_id: str) -> str:
        own = f"{self._counts(query_id)}_share"
        return self._w.say(own if self._w.knows(own) else "share")

    def _counts(self, query_id: str) -> str:
        line = next((line for line in self._digest.sources if line.query_id == query_id), None)
        return self._vocabulary.counted(line)


def _sign_tone(change: str) -> str:
    return {"+": "in", MINUS: "out"}.get(change[:1], "")

"""What is missing from a digest: which part, why, and what comes next."""

from worker.domain.digest.model import Digest
from worker.rendering.page.sources import SourceRows
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import Wording


class MissingParts:
    def __init__(self, digest: Digest, w: Wording, sources: SourceRows, vocabulary: Vocabulary) -> None:
        self._digest = digest
        self._w = w
        self._sources = sources
        self._vocabulary = vocabulary

    @property
    def next(self) -> tuple[str, str] | None:
        """What comes next when the key number is missing."""
        if self._digest.next_slot is None:
            return None
        since = self._digest.since
        more = (
            self._w.say("compares_nothing") if since is None else self._w.say("compares_with", date=self._w.day(since))
        )
        return self._w.say("next_digest", date=self._w.stamp(self._digest.next_slot)), more

    @property
    def band(self) -> str:
        return self._w.say("band", len(self._digest.gaps), total=self._w.count(len(self._digest.sources)))

    @property
    def gap_lines(self) -> tuple[str, ...]:
        """Each missing part: which, why, after how many tries."""
        labels = {line.query_id: self._sources.source_label(line) for line in self._digest.sources}
        return tuple(
            f"{labels.get(g.query_id, g.query_id)}: "
            + (f"{sentence} ({self._w.say('band.tries', g.tries)})." if g.tries > 1 else _ended(sentence))
            for g in self._digest.gaps
            for sentence in [self._w.clean(g.sentence, 300).rstrip(".")]
        )

    @property
    def gap_matters(self) -> bool:
        """A list is missing whose rows might otherwise seem to have come or gone."""
        lists = {self._digest.key_query} | {
            line.query_id for line in self._digest.sources if self._vocabulary.lists_opportunities(line)
        }
        return any(gap.query_id in lists for gap in self._digest.gaps)

    def missing(self, query_id: str) -> bool:
        return any(gap.query_id == query_id for gap in self._digest.gaps)


def _ended(sentence: str) -> str:
    """A question has its mark already."""
    return sentence if sentence.endswith(("?", "!", "…")) else f"{sentence}."

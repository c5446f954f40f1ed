"""What is missing from a digest: the part, the reason, and what happens next."""

from worker.domain.digest.model import Digest, SourceLine
from worker.domain.snapshot.snapshot import Gap, GapReason
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.sources import SourceRows
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import Wording


class MissingParts:
    def __init__(
        self, digest: Digest, w: Wording, names: QueryNames, sources: SourceRows, vocabulary: Vocabulary
    ) -> None:
        self._digest = digest
        self._w = w
        self._names = names
        self._sources = sources
        self._vocabulary = vocabulary

    @property
    def next(self) -> tuple[str, str] | None:
        """What happens next if the key number is missing."""
        if self._digest.next_slot is None:
            return None
        since = self._digest.since
        more = (
            self._w.say("compares_nothing") if since is None else self._w.say("compares_with", date=self._w.day(since))
        )
        return self._w.say("next_digest", date=self._w.stamp(self._digest.next_slot)), more

    @property
    def band(self) -> str:
        """How many of all parts are missing."""
        return self._w.say("band", len(self._digest.gaps), total=self._w.count(len(self._digest.sources)))

    @property
    def gap_lines(self) -> tuple[str, ...]:
        """Each missing part and the reason, in the reader's language. The service's own words are for the operator:
        `funnelbeat explain` prints them.
        """
        lines = {line.query_id: line for line in self._digest.sources}
        return tuple(
            f"{self._names.title(gap.query_id)}: {self._why(gap, lines.get(gap.query_id))}" for gap in self._digest.gaps
        )

    def _why(self, gap: Gap, line: SourceLine | None) -> str:
        source = self._w.say("the_service") if line is None else self._sources.service(line)
        if line is not None and line.rows is not None and line.total is not None:
            rows, total = self._w.count(line.rows), self._w.count(line.total)
            return self._w.say("gap.said.partial", max(1, gap.tries), source=source, rows=rows, total=total)
        reason = GapReason(gap.reason).value
        return self._w.say(f"gap.said.{reason}", max(1, gap.tries), source=source)

    @property
    def gap_consequence(self) -> str:
        """What must not be concluded from a missing part."""
        return self._w.say("band.consequence" if self.gap_matters else "band.unknown")

    @property
    def gap_matters(self) -> bool:
        """Whether a list is missing whose rows might otherwise seem to have joined or left."""
        lists = {self._digest.key_query} | {
            line.query_id for line in self._digest.sources if self._vocabulary.lists_opportunities(line)
        }
        return any(gap.query_id in lists for gap in self._digest.gaps)

    def missing(self, query_id: str) -> bool:
        """Whether the query has no answer."""
        return any(gap.query_id == query_id for gap in self._digest.gaps)

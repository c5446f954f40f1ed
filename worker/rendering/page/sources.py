"""What each query returned, and what the digest was compared with."""

from functools import cached_property

from worker.domain.digest.model import Digest, SourceLine
from worker.domain.reason import Reason
from worker.domain.snapshot.notes import coded, split
from worker.domain.snapshot.snapshot import GapReason
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.rows import SourceRow
from worker.rendering.vocabulary import Vocabulary
from worker.rendering.wording import NONE, Wording

NOTES = 3
"""The number of notes of one source that are printed."""

NOTE = 200
"""The longest note, in characters."""


class SourceRows:
    def __init__(self, digest: Digest, w: Wording, names: QueryNames, vocabulary: Vocabulary) -> None:
        self._digest = digest
        self._w = w
        self._names = names
        self._vocabulary = vocabulary

    def source_label(self, line: SourceLine) -> str:
        """For a stand-in: the name of the service that it replaces."""
        return self._w.say("source_line", source=self.service(line), query=self._names.title(line.query_id))

    @cached_property
    def source_rows(self) -> tuple[SourceRow, ...]:
        """One row for each query: the service, the answer, and the time."""
        return tuple(self._source_row(line) for line in self._digest.sources)

    def _source_row(self, line: SourceLine) -> SourceRow:
        time = NONE if line.as_of is None else self._w.clock(line.as_of)
        if line.gap is not None:
            partial = line.rows is not None and line.total is not None
            why = self._w.say(f"gap.{GapReason(line.gap.reason).value}")
            brought = self._rows("partial", line) if partial else self._w.say("missing", why=why)
            return SourceRow(self.source_label(line), brought, time, missing=True, notes=self._notes(line))
        brought = self._w.say("fetched")
        if line.rows is not None and line.total is not None:
            brought = self._rows("of_rows", line)
        elif line.rows is not None:
            brought = self._w.say("stages" if self._vocabulary.brings_funnel(line) else "rows", line.rows)
        late = line.since_reason if self._digest.since is not None else None
        if late is not None and late is not Reason.FIRST:
            brought = f"{brought}, {self._w.say(f'since.{late.value}')}"
        return SourceRow(self.source_label(line), brought, time, missing=False, notes=self._notes(line))

    def _notes(self, line: SourceLine) -> tuple[str, ...]:
        told, more = split(line.notes, NOTES)
        words = tuple(self._note(note) for note in told)
        return (*words, self._w.say("notes.more", more)) if more else words

    def _note(self, note: str) -> str:
        """In the reader's language; a sentence of an unknown kind is printed as the source wrote it."""
        counted = coded(note)
        if counted is not None:
            return self._w.say(f"note.{counted[0].value}", counted[1])
        found = self._vocabulary.noted(note)
        if found is None or not self._w.knows(found[0]):
            return self._w.clean(note, NOTE)
        places = {str(place): self._w.clean(value) for place, value in enumerate(found[1], 1)}
        return self._w.clean(self._w.say(found[0], None, **places), NOTE)

    @property
    def brief(self) -> bool:
        """Whether one line is enough: every answer is complete, and no service reports a row count of its own."""
        return not self._digest.gaps and all(line.total is None for line in self._digest.sources)

    @property
    def all_complete(self) -> str:
        """As in "Complete: Acme, 4 queries, 09:00 CET"."""
        names = dict.fromkeys(self.service(line) for line in self._digest.sources)
        count = self._w.say("queries", len(self._digest.sources))
        time = [] if self._digest.as_of is None else [self._w.time(self._digest.as_of)]
        return self._w.say("complete_of", what=", ".join([*names, count, *time]))

    def service(self, line: SourceLine) -> str:
        source = self._w.clean(self._vocabulary.service(line))
        return source[:1].upper() + source[1:]

    @property
    def noted(self) -> tuple[SourceRow, ...]:
        """The rows whose sources have notes."""
        return tuple(row for row in self.source_rows if row.notes)

    def _rows(self, key: str, line: SourceLine) -> str:
        return self._w.say(key, rows=self._w.count(line.rows or 0), total=self._w.count(line.total or 0))

    @property
    def compared(self) -> str:
        """The last sentences of the section on sources."""
        unclear = self._digest.may_repeat
        repeats = f" {self._w.say('may_repeat', date=self._w.stamp(unclear))}" if unclear is not None else ""
        narrowed = f" {self._w.say('narrowed')}" if self._digest.narrowed else ""
        return self._comparison() + repeats + narrowed

    def _comparison(self) -> str:
        since = self._digest.since
        if self._digest.gaps:
            stays = "comparison_none" if since is None else "comparison_stays"
            return self._w.say(stays) if since is None else self._w.say(stays, date=self._w.stamp(since))
        if self.brief:
            return (
                self._w.say("compared_first") if since is None else self._w.say("compared", date=self._w.stamp(since))
            )
        return self._w.say("complete_first") if since is None else self._w.say("complete", date=self._w.stamp(since))

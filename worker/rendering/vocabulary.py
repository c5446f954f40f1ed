"""The part of a digest's wording that only services know: their words, their names, and what their queries return."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.domain.digest.model import SourceLine
from worker.domain.snapshot.notes import NoteKind

DEALS = "deals"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words`: language → key → text, of all services. `services`: for a stand-in, the connection's type → the service
    that it replaces. `counts`: service and query → what a funnel counts, as the beginning of the key of its column's
    head ("deals", "visitors"). `lists`: service and query, for those that list opportunities. `notes`: kinds of notes,
    those with the longer sentence first.
    """

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lists: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[NoteKind, ...] = ()

    def service(self, line: SourceLine) -> str:
        return self.services.get(line.source, line.source)

    def lists_opportunities(self, line: SourceLine) -> bool:
        return (self.service(line), line.query) in self.lists

    def brings_funnel(self, line: SourceLine) -> bool:
        return (self.service(line), line.query) in self.counts

    def noted(self, note: str) -> tuple[str, tuple[str, ...]] | None:
        """The key of a note's words and the values of its placeholders; None for a sentence of an unknown kind."""
        found = ((kind.name, kind.values(note)) for kind in self.notes)
        return next(((f"noted.{name}", values) for name, values in found if values is not None), None)

    def counted(self, line: SourceLine | None) -> str:
        """What a funnel counts: by its own query, otherwise by the other funnels of the service, otherwise deals."""
        if line is None:
            return DEALS
        service = self.service(line)
        others = (what for (known, _), what in self.counts.items() if known == service)
        return self.counts.get((service, line.query)) or next(others, DEALS)


NO_SERVICES = Vocabulary()
"""For no service: codes and metrics are printed without their underscores."""

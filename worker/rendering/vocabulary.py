"""What only services know and a digest prints: their words, their names, and what their queries bring."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.domain.digest.model import SourceLine

DEALS = "deals"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`words`: language → key → text, of all services. `services`: a connection's type → the service that it stands in
    for, where it is a stand-in. `counts`: service and query → what a funnel counts, as the beginning of the key of its
    column's head ("deals", "visitors"). `lists`: service and query, of those that list opportunities.
    """

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lists: frozenset[tuple[str, str]] = frozenset()

    def service(self, line: SourceLine) -> str:
        return self.services.get(line.source, line.source)

    def lists_opportunities(self, line: SourceLine) -> bool:
        return (self.service(line), line.query) in self.lists

    def brings_funnel(self, line: SourceLine) -> bool:
        return (self.service(line), line.query) in self.counts

    def counted(self, line: SourceLine | None) -> str:
        """What a funnel counts: its query's own, else what other funnels of the service count, else deals."""
        if line is None:
            return DEALS
        service = self.service(line)
        others = (what for (known, _), what in self.counts.items() if known == service)
        return self.counts.get((service, line.query)) or next(others, DEALS)


NO_SERVICES = Vocabulary()
"""Of no service: codes and metrics are printed without their underscores."""

"""The reader's names for the queries of a digest. The ids in a definition are never printed."""

from functools import cached_property

from worker.domain.digest.model import Digest, SourceLine
from worker.rendering.wording import Wording


def query_name(w: Wording, name: str, query: str, *, stalled: bool = False, words: str = "") -> str:
    """The name that a definition gives a query; otherwise the service's word. `words`: as Presentation.stalled."""
    own = w.named(name, "")
    if own:
        return own
    if stalled:
        title = f"{words}.stalled_title"
        return w.say(title if words and w.knows(title) else "stalled_title")
    told = w.query_label(query) or w.say("report")
    return told[:1].upper() + told[1:]


class QueryNames:
    """`w`: without the service's own words for stalled deals, which belong to another list."""

    def __init__(self, digest: Digest, w: Wording) -> None:
        self._lines = digest.sources
        self._w = w

    def title(self, query_id: str) -> str:
        """As in "Deals"; as in "Funnel 2" if several queries share a name."""
        return self._names.get(query_id) or query_name(self._w, "", "")

    @cached_property
    def _names(self) -> dict[str, str]:
        found, met = dict[str, str](), dict[str, int]()
        for line in self._lines:
            name = self._name(line)
            met[name] = met.get(name, 0) + 1
            found[line.query_id] = f"{name} {self._w.count(met[name])}" if met[name] > 1 else name
        return found

    def _name(self, line: SourceLine) -> str:
        return query_name(self._w, line.name, line.query, stalled=line.stalled, words=line.words)

"""What a digest must know of a query besides its answer: facts that the source states, in no service's words."""

from dataclasses import dataclass

from worker.domain.snapshot.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class QueryTraits:
    """`lists_opportunities`: the answer lists opportunities, so that it has a total and a bridge. `stalled`: they are
    those that stall, whose owners must act. `scope`: which rows belong to the list. `per_person`: ids of tables with a
    row for each person.
    """

    lists_opportunities: bool = False
    stalled: bool = False
    scope: Scope = EVERYTHING
    per_person: frozenset[str] = frozenset()

"""What a digest must know about a query in addition to its answer. The source states these facts without words of its
service.
"""

from dataclasses import dataclass

from worker.domain.snapshot.presentation import EVERYTHING_PRINTED, Presentation
from worker.domain.snapshot.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class QueryTraits:
    """`lists_opportunities`: the answer lists opportunities, so that it has a total and a bridge. `stalled`: it lists
    only those that stall, and their owners must act. `scope`: which rows belong to the list. `per_person`: ids of
    tables with a row for each person. `presentation`: how a digest prints the answer.
    """

    lists_opportunities: bool = False
    stalled: bool = False
    scope: Scope = EVERYTHING
    per_person: frozenset[str] = frozenset()
    presentation: Presentation = EVERYTHING_PRINTED

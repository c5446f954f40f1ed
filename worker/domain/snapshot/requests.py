"""How many requests an answer took. The cost of the next one is computed from it.

The count is stored beside the answer. It is no part of what was asked: digests do not show it, and it never counts as a
change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from worker.domain.snapshot.snapshot import Column, Kind, Row, Snapshot, Table, table

REQUESTS = "requests"
"""The id of the table, keyed by endpoint."""
COLUMNS = (Column("count", Kind.INT), Column("tokens", Kind.INT), Column("shared", Kind.BOOL))
"""`tokens`: the price of all these requests together. `shared`: the request is sent once, however many
queries need it.
"""


@dataclass(frozen=True, slots=True)
class RequestCount:
    """Requests of one answer, None if it counts none of its own, and the tokens of a day that they cost. `shared`:
    requests by endpoint that other queries need too; they are not counted in `requests` and `tokens`.
    """

    requests: int | None
    tokens: int
    shared: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def requests(counted: Iterable[tuple[str, int, int, bool]]) -> Table:
    """`counted`: endpoint, number of requests, tokens, and whether they are shared."""
    return table(REQUESTS, COLUMNS, (Row(endpoint, (count, tokens, own)) for endpoint, count, tokens, own in counted))


def sent_for(snapshot: Snapshot) -> RequestCount | None:
    """None for an answer that has no count."""
    found = snapshot.table(REQUESTS)
    if found is None:
        return None
    rows = {row.key: found.record(row) for row in found.rows}
    counts = {key: (_whole(row["count"]), _whole(row["tokens"])) for key, row in rows.items()}
    own = [counts[key] for key, row in rows.items() if row["shared"] is not True]
    shared = {key: counts[key] for key, row in rows.items() if row["shared"] is True}
    return RequestCount(sum(count for count, _ in own) if own else None, sum(tokens for _, tokens in own), shared)


def _whole(cell: object) -> int:
    return cell if isinstance(cell, int) else 0

"""Where the owners of an answer's deals are reached: `each: owner` sends each of them a digest."""

from collections.abc import Iterable, Mapping

from worker.domain.snapshot.record import records
from worker.domain.snapshot.snapshot import Table


def addresses(tables: Iterable[Table | None], emails: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Owner's id and mail address, in the order of the ids, of owners whom the tables name. Nobody else's address is
    stored.
    """
    owners = {row.text("owner_id") for table in tables for row in records(table).values()}
    return tuple(sorted((owner, emails[owner]) for owner in owners if owner is not None and owner in emails))

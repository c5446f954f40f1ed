"""Which rows a reader may see, and the part of a run's answers that this reader gets."""

from collections.abc import Hashable, Iterable, Mapping

from worker.domain.digest.context import DigestContext
from worker.domain.digest.for_audience import SplitContext, for_audience
from worker.domain.schedule import Each, Schedule, Subscription
from worker.domain.snapshot.audience import Audience, undecided
from worker.flow.run.comparison import Answers, Comparison
from worker.flow.run.conditions import holds_of
from worker.flow.run.owners import OwnerAddresses
from worker.ports import Condition


def audience_key(entry: Subscription) -> Hashable:
    """The parts of an entry that decide which rows its reader sees; None if the reader sees every row. For an entry
    with `each`, this includes the reader's address.
    """
    if not entry.rows and entry.each is None:
        return None
    return entry.rows, entry.team_totals, entry.each, entry.channel, entry.address, entry.unassigned


def audience_of(
    schedule: Schedule, entry: Subscription, condition: Condition | None, addresses: OwnerAddresses | None
) -> Audience | None:
    """None for a reader who sees every row. `addresses`: of an entry with `each`."""
    key = audience_key(entry)
    if key is None:
        return None
    connections = {item.id: item.source for item in schedule.report}

    def owns(query: str, owner: str | None) -> bool:
        return addresses is not None and entry.address in addresses.of((connections[query], owner))

    def owned(query: str, among: Mapping[str | None, object]) -> Iterable[str | None]:
        return addresses.owned(entry.address or "", connections[query], among) if addresses is not None else ()

    return Audience(
        key,
        "reassigned" if entry.each is not None else "filter",
        owns=owns if entry.each is not None else None,
        owned=owned if entry.each is not None else None,
        holds=holds_of(condition),
        totals=entry.team_totals,
        own=entry.each is Each.OWNER and entry.address != entry.unassigned,
        team=entry.each is Each.MANAGER and entry.address != entry.unassigned,
    )


def undecided_rows(parts: SplitContext, audience: Audience) -> Mapping[str, int]:
    """By query, the rows that are not shown because a value that the condition needs is not known."""
    counts = {query: undecided(audience, answer) for query, answer in parts.now.items()}
    return {query: count for query, count in counts.items() if count}


def narrowed(parts: SplitContext, past: Comparison, audience: Audience) -> tuple[DigestContext, Answers, Comparison]:
    """The context of an audience's digest, and the answers and the comparison as far as they are shown in it."""
    cut = for_audience(parts, audience)
    names = {item.id for item in cut.schedule.report}
    return (
        cut,
        Answers(cut.snapshots, cut.compared, cut.gaps),
        Comparison(
            {query: one for query, one in past.compared_with.items() if query in names},
            {query: one[1] for query, one in cut.baselines.items() if one is not None and query in past.earlier},
            {query: why for query, why in past.why_first.items() if query in names},
        ),
    )

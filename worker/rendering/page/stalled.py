"""The lists of stalled deals by owner, and the notes on what was left out."""

from worker.domain.digest.model import Deal, DealMove, Digest, OwnerGroup, StalledSection
from worker.domain.money import Money
from worker.rendering.page.act import owner_name
from worker.rendering.page.amounts import DealAmounts, summed
from worker.rendering.page.rows import Cut, OwnerBlock
from worker.rendering.wording import NONE, Wording

SHOWN = 5
"""How many deals of one list are printed, newly stalled ones first; `show.limit` overrides it."""

STILL = 3
"""How many deals are printed if none is newly stalled."""


class StalledDeals:
    """`csv` names the attached CSV files, which may have the omitted rows."""

    def __init__(self, digest: Digest, w: Wording, cut: Cut, amounts: DealAmounts, csv: tuple[str, ...]) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut
        self._amounts = amounts
        self._csv = csv

    def owner_blocks(self, section: StalledSection) -> tuple[OwnerBlock, ...]:
        """Deals without an owner first, then owners by value as in the digest; the smallest deals are left out
        first.
        """
        ordered = sorted(section.newly, key=lambda group: group.owner is not None)[: self._cut.owners]
        most = min(self._cut.deals, SHOWN if section.limit is None else section.limit)
        kept = _largest([deal for group in ordered for deal in group.deals], most)
        return tuple(self._block(g, kept) for g in ordered if any(d.key in kept for d in g.deals) or not g.deals)

    def _block(self, group: OwnerGroup, kept: frozenset[str]) -> OwnerBlock:
        shown = tuple(d for d in group.deals if d.key in kept)
        owner = None if group.owner is None else self.owner_name(group.owner)
        return OwnerBlock(owner, len(group.deals), ", ".join(map(self._amounts.amount, group.totals)) or NONE, shown)

    def deals_cut(self, section: StalledSection) -> str:
        """The deals of a list that are not printed, with their sum: left out here, or by `show.limit`."""
        shown = {deal.key for block in self.owner_blocks(section) for deal in block.deals}
        rest = [d for group in section.newly for d in group.deals if d.key not in shown]
        parts = []
        if rest:
            key = "cut.deals_csv" if self._csv else "cut.deals"
            parts.append(self._w.say(key, more=self._w.more(len(rest)), amount=summed(_totals(rest), self._w)))
        if section.hidden:
            parts.append(self._w.say("hidden_bare", more=self._w.more(section.hidden)) + ".")
        return " ".join(parts)

    def deal_line(self, deal: Deal, *, with_owner: bool = False) -> str:
        """The next step first, then the reason of the stall, then the stage."""
        owner = [self.owner_name(deal.owner)] if with_owner else []
        words = [self._w.next_step(deal.next_step), self._w.stall_reason(deal.stall_reason)]
        stage = self._w.clean(deal.stage)
        named = any(stage in word for word in words)
        return " · ".join(word for word in [*owner, *words, *([] if named else [stage])] if word)

    def stalled_for(self, deal: Deal) -> str:
        """Since when it is known to be stalled; empty for a deal that was first seen stalled today."""
        if deal.stalled_since is None or self._w.since_days(deal.stalled_since, self._digest.slot) <= 0:
            return ""
        return self._w.say("at_least", date=self._w.day(deal.stalled_since))

    def deal_days(self, deal: Deal) -> str:
        """How long nobody has changed it; otherwise since when it is stalled, as far as that is known."""
        if deal.updated_at is None:
            return self.stalled_for(deal)
        return self._w.days(max(0, self._w.since_days(deal.updated_at, self._digest.slot)))

    def still_shown(self, section: StalledSection) -> tuple[Deal, ...]:
        """The largest of those that were stalled before, as many as the new ones leave space for. If only the one
        that is stalled longest is known, it is that one.
        """
        if section.newly_count:
            shown = sum(len(block.deals) for block in self.owner_blocks(section))
            return section.still[: max(0, min(SHOWN, self._cut.deals) - shown)]
        longest = () if section.still_longest is None else (section.still_longest,)
        return section.still[:STILL] or longest

    def still_rest(self, section: StalledSection) -> str:
        """The others, with their sum and, beside new ones, the longest duration."""
        shown = len(self.still_shown(section))
        rest = section.still[shown:]
        if not rest:
            return ""
        amount = summed(_totals(list(rest)), self._w)
        days = self.deal_days(section.still_longest) if section.still_longest in rest and section.newly_count else ""
        told = [amount, *([self._w.say("longest", days=days)] if days else [])]
        return self._w.say("hidden", more=self._w.more(len(rest)), amount=", ".join(told)) + "."

    def words(self, section: StalledSection) -> Wording:
        """The words for this list: its service may have a name of its own for stalled deals."""
        return self._w.said_of(section.words)

    def section_note(self, section: StalledSection) -> str:
        """How many deals are newly stalled and their sum, for the head of a list."""
        key = "today_note" if section.first else "newly_note"
        return self.words(section).say(key, section.newly_count, amount=summed(section.newly_totals, self._w))

    def still_note(self, section: StalledSection) -> str:
        """How many deals have been stalled since the last digest or longer, and their sum."""
        return self._w.say(
            "still_line",
            deals=self._w.deals(section.still_count),
            amount=summed(section.still_totals, self._w),
        )

    def still_total(self, section: StalledSection) -> str:
        """The sum of the deals that were stalled before."""
        return summed(section.still_totals, self._w)

    def named(self, deals: tuple[Deal, ...]) -> tuple[tuple[Deal, ...], int]:
        """Deals to name in a line of text, and how many more there are."""
        shown = deals[: self._cut.names]
        return shown, len(deals) - len(shown)

    def left_named(self, section: StalledSection) -> tuple[tuple[DealMove, ...], int]:
        """Deals that left the list, as many as are named, and how many more there are."""
        shown = section.left[: self._cut.names]
        return shown, len(section.left) - len(shown)

    def owner_name(self, owner: str | None) -> str:
        """The owner's name, cleaned; "No owner" for None."""
        return owner_name(owner, self._w)


def _largest(deals: list[Deal], limit: int) -> frozenset[str]:
    by_value = sorted(deals, key=lambda d: -(d.annual.amount if d.annual else 0))
    return frozenset(d.key for d in by_value[:limit])


def _totals(deals: list[Deal]) -> tuple[Money, ...]:
    """One sum per currency, in the order of first appearance; deals without a value add nothing."""
    sums: dict[str, int] = {}
    for deal in deals:
        if deal.annual is not None:
            sums[deal.annual.currency] = sums.get(deal.annual.currency, 0) + deal.annual.amount
    return tuple(Money(amount, currency) for currency, amount in sums.items())

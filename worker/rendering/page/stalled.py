"""The lists of stalled deals, owner by owner, and what was left out of them."""

from worker.domain.digest.model import Deal, DealMove, Digest, OwnerGroup, StalledSection
from worker.domain.money import Money
from worker.rendering.page.act import owner_name
from worker.rendering.page.amounts import DealAmounts, summed
from worker.rendering.page.rows import Cut, OwnerBlock
from worker.rendering.wording import NONE, Wording

SHOWN = 5
"""Deals of one list that are named, those that newly stall first; `show.limit` says otherwise."""

STILL = 3
"""Deals that are named where nothing newly stalls."""


class StalledDeals:
    """`csv` names the attached CSV files, where what was cut may be found."""

    def __init__(self, digest: Digest, w: Wording, cut: Cut, amounts: DealAmounts, csv: tuple[str, ...]) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut
        self._amounts = amounts
        self._csv = csv

    def owner_blocks(self, section: StalledSection) -> tuple[OwnerBlock, ...]:
        """Nobody's deals first, then owners by value as the digest has them; the smallest deals are cut first."""
        ordered = sorted(section.newly, key=lambda group: group.owner is not None)[: self._cut.owners]
        most = min(self._cut.deals, SHOWN if section.limit is None else section.limit)
        kept = _largest([deal for group in ordered for deal in group.deals], most)
        return tuple(self._block(g, kept) for g in ordered if any(d.key in kept for d in g.deals) or not g.deals)

    def _block(self, group: OwnerGroup, kept: frozenset[str]) -> OwnerBlock:
        shown = tuple(d for d in group.deals if d.key in kept)
        owner = None if group.owner is None else self.owner_name(group.owner)
        return OwnerBlock(owner, len(group.deals), ", ".join(map(self._amounts.amount, group.totals)) or NONE, shown)

    def deals_cut(self, section: StalledSection) -> str:
        """What of a list is not printed, with its value: cut here, or by `show.limit`."""
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
        """What to do first, then why it stalls, then where it stands."""
        owner = [self.owner_name(deal.owner)] if with_owner else []
        words = [self._w.next_step(deal.next_step), self._w.stall_reason(deal.stall_reason)]
        stage = self._w.clean(deal.stage)
        named = any(stage in word for word in words)
        return " · ".join(word for word in [*owner, *words, *([] if named else [stage])] if word)

    def stalled_for(self, deal: Deal) -> str:
        """Since when we know it to be stalled; nothing for one that we saw stalled today for the first time."""
        if deal.stalled_since is None or self._w.since_days(deal.stalled_since, self._digest.slot) <= 0:
            return ""
        return self._w.say("at_least", date=self._w.day(deal.stalled_since))

    def deal_days(self, deal: Deal) -> str:
        """How long nobody has changed it; else since when it stalls, as far as that is known."""
        if deal.updated_at is None:
            return self.stalled_for(deal)
        return self._w.days(max(0, self._w.since_days(deal.updated_at, self._digest.slot)))

    def still_shown(self, section: StalledSection) -> tuple[Deal, ...]:
        """The largest of those that stalled before, as far as new ones leave room; the longest where only that one is
        known.
        """
        if section.newly_count:
            shown = sum(len(block.deals) for block in self.owner_blocks(section))
            return section.still[: max(0, min(SHOWN, self._cut.deals) - shown)]
        longest = () if section.still_longest is None else (section.still_longest,)
        return section.still[:STILL] or longest

    def still_rest(self, section: StalledSection) -> str:
        """The others, with their value and beside new ones the longest."""
        shown = len(self.still_shown(section))
        rest = section.still[shown:]
        if not rest:
            return ""
        amount = summed(_totals(list(rest)), self._w)
        days = self.deal_days(section.still_longest) if section.still_longest in rest and section.newly_count else ""
        told = [amount, *([self._w.say("longest", days=days)] if days else [])]
        return self._w.say("hidden", more=self._w.more(len(rest)), amount=", ".join(told)) + "."

    def words(self, section: StalledSection) -> Wording:
        """The words for this list: its service may call stalled deals by a name of its own."""
        return self._w.said_of(section.words)

    def section_note(self, section: StalledSection) -> str:
        """How many deals newly stall and what they are worth, for the head of a list."""
        key = "today_note" if section.first else "newly_note"
        return self.words(section).say(key, section.newly_count, amount=summed(section.newly_totals, self._w))

    def still_note(self, section: StalledSection) -> str:
        """How many deals stall since the last digest or longer, and what they are worth."""
        return self._w.say(
            "still_line",
            deals=self._w.deals(section.still_count),
            amount=summed(section.still_totals, self._w),
        )

    def still_total(self, section: StalledSection) -> str:
        """What those that stalled before are worth."""
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
        """The owner's name, harmless; "No owner" for None."""
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

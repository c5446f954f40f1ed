"""The lists of a digest: the bridge with its bars, the largest moves, stages of a first digest, who must act."""

import re
from functools import cached_property

from worker.domain.digest.model import BridgeView, Deal, DealMove, OwnerGroup, StalledSection
from worker.domain.money import Money
from worker.domain.snapshot.opportunity import Move
from worker.rendering.bars import Bar, from_zero, waterfall
from worker.rendering.page_head import Head, bridge_cents
from worker.rendering.page_rows import BridgeRow, OwnerBlock, StageRow
from worker.rendering.wording import NONE, direction, needs_cents

_WEB = re.compile(r"https?://[^\s\"'<>\\]{1,500}")
_GOOD = frozenset({Move.WON})
_BAD = frozenset({Move.LOWERED, Move.LOST})


class Lists(Head):
    """As Head, with the lists below it."""

    # bridge

    @property
    def shown_bridges(self) -> tuple[BridgeView, ...]:
        """Those with something to explain."""
        return tuple(view for view in self.bridges if view.lines)

    def bridge_rows(self, view: BridgeView) -> tuple[BridgeRow, ...]:
        """Opening, the classes that are not zero in their fixed order, closing: all in whole or all in minor units."""
        cents = bridge_cents(view)
        bars = waterfall(view.opening, [direction(x.move) * x.amount for x in view.lines])
        rows = [self._total_row("opening", view.opening_count, view.opening, view, bars[0])]
        for line, bar in zip(view.lines, bars[1:-1], strict=True):
            amount = self.w.money(direction(line.move) * line.amount, view.currency, signed=True, cents=cents)
            rows.append(BridgeRow(self.w.move_label(line.move), self.w.count(line.count), amount, tone(line.move), bar))
        rows.append(self._total_row("closing", view.closing_count, view.closing, view, bars[-1]))
        return tuple(rows)

    def _total_row(self, label: str, count: int, amount: int, view: BridgeView, bar: Bar) -> BridgeRow:
        money = self.w.money(amount, view.currency, cents=bridge_cents(view))
        return BridgeRow(self.w.say(label), self.w.count(count), money, "", bar, total=True)

    @property
    def moves(self) -> tuple[DealMove, ...]:
        """The largest single moves, where there are more deals than the bridge has rows to name."""
        return tuple(m for m in self.digest.moves if m.amount is not None)[: self.cut.moves]

    def link(self, url: str | None) -> str:
        """A deal's address at its service, "" for anything that is no plain web address (javascript:, a space)."""
        return url if url is not None and _WEB.fullmatch(url) else ""

    def move_tone(self, move: DealMove) -> str:
        return tone(move.move)

    def move_line(self, move: DealMove) -> str:
        """What happened, then why where we know it: "Moved out, to another owner"."""
        return ", ".join(word for word in (self.w.move_label(move.move), self.w.detail(move.detail)) if word)

    @cached_property
    def _cents(self) -> frozenset[str]:
        """Currencies in which a single deal is printed with minor units: all of them then, so that they line up."""
        sections = self.digest.stalled
        deals = [d for s in sections for d in (*s.moving_again, *(x for g in s.newly for x in g.deals))]
        amounts = [*(d.annual for d in deals), *(m.amount for m in self.digest.moves)]
        return frozenset(a.currency for a in amounts if a is not None and needs_cents([a.amount], a.currency))

    def signed(self, amount: Money | None) -> str:
        if amount is None:
            return NONE
        return self.w.money(amount.amount, amount.currency, signed=True, cents=amount.currency in self._cents)

    def amount(self, amount: Money | None) -> str:
        if amount is None:
            return NONE
        return self.w.money(amount.amount, amount.currency, cents=amount.currency in self._cents)

    @property
    def _stage_cents(self) -> bool:
        every = [m for stage in self.digest.stages for m in stage.totals]
        return any(needs_cents([m.amount], m.currency) for m in every)

    @property
    def stage_total(self) -> str:
        """In the form of the rows above it: they must add up as printed."""
        key = self.key
        return NONE if key is None else self.w.money(key.closing, key.currency, cents=self._stage_cents)

    @property
    def stage_rows(self) -> tuple[StageRow, ...]:
        """A first digest's open deals by stage; bars only where one currency makes them comparable."""
        single = len(self.digest.keys) == 1
        sums = [sum(m.amount for m in stage.totals) if single else None for stage in self.digest.stages]
        lengths = from_zero(sums)
        cents = self._stage_cents
        return tuple(
            StageRow(self._stage_name(s.stage), self.w.count(s.count), self.w.sum(s.totals, cents), length)
            for s, length in zip(self.digest.stages, lengths, strict=True)
        )

    def _stage_name(self, stage: str | None) -> str:
        return self.w.clean(stage) or self.w.say("no_stage")

    # who must act

    def owner_blocks(self, section: StalledSection) -> tuple[OwnerBlock, ...]:
        """Nobody's deals first, then owners by value as the digest has them; the smallest deals are cut first."""
        ordered = sorted(section.newly, key=lambda group: group.owner is not None)[: self.cut.owners]
        kept = _largest([deal for group in ordered for deal in group.deals], self.cut.deals)
        return tuple(self._block(g, kept) for g in ordered if any(d.key in kept for d in g.deals) or not g.deals)

    def _block(self, group: OwnerGroup, kept: frozenset[str]) -> OwnerBlock:
        shown = tuple(d for d in group.deals if d.key in kept)
        owner = None if group.owner is None else self.owner_name(group.owner)
        return OwnerBlock(owner, len(group.deals), ", ".join(map(self.amount, group.totals)) or NONE, shown)

    def deals_cut(self, section: StalledSection) -> str:
        """What of a list is not printed, with its value: cut here, or by `show.limit`."""
        shown = {deal.key for block in self.owner_blocks(section) for deal in block.deals}
        rest = [d for group in section.newly for d in group.deals if d.key not in shown]
        parts = []
        if rest:
            key = "cut.deals_csv" if self.csv else "cut.deals"
            parts.append(self.w.say(key, more=self.w.more(len(rest)), amount=self.w.sum(_totals(rest), cents=False)))
        if section.hidden:
            parts.append(self.w.say("hidden_bare", more=self.w.more(section.hidden)) + ".")
        return " ".join(parts)

    def deal_line(self, deal: Deal, *, with_owner: bool = False) -> str:
        """What to do first, then why it stalls, then where it stands."""
        owner = [self.owner_name(deal.owner)] if with_owner else []
        words = [self.w.service_word(deal.next_step), self.w.service_word(deal.stall_reason), self.w.clean(deal.stage)]
        return " · ".join(word for word in owner + words if word)

    def stalled_for(self, deal: Deal) -> str:
        """Since when we know it to be stalled; nothing for one that we saw stalled today for the first time."""
        if deal.stalled_since is None or self.w.since_days(deal.stalled_since, self.digest.slot) <= 0:
            return ""
        return self.w.say("at_least", date=self.w.day(deal.stalled_since))

    def section_note(self, section: StalledSection) -> str:
        key = "today_note" if section.first else "newly_note"
        return self.w.say(key, section.newly_count, amount=self.w.sum(section.newly_totals, cents=False))

    def still_note(self, section: StalledSection) -> str:
        return self.w.say(
            "still_line", deals=self.w.deals(section.still_count), amount=self.w.sum(section.still_totals, cents=False)
        )

    def named(self, deals: tuple[Deal, ...]) -> tuple[tuple[Deal, ...], int]:
        """Deals to name in a line of text, and how many more there are."""
        shown = deals[: self.cut.names]
        return shown, len(deals) - len(shown)

    def left_named(self, section: StalledSection) -> tuple[tuple[DealMove, ...], int]:
        shown = section.left[: self.cut.names]
        return shown, len(section.left) - len(shown)


def tone(move: Move) -> str:
    """Which colour repeats what sign and word say already."""
    if move in _GOOD:
        return "won"
    if move in _BAD:
        return "out"
    return "in" if direction(move) > 0 else "gone"


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

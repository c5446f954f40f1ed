"""The first screen of every digest: key number with its movement, why it moved, who must act."""

from worker.domain.digest.model import BridgeLine, BridgeView, Digest, KeyFigure, StalledSection, Standing
from worker.domain.snapshot.opportunity import Move
from worker.rendering.page_rows import Cut
from worker.rendering.wording import Wording, direction, needs_cents

SHOWN_CURRENCIES = 2
OWNERS_NAMED = 4


class Head:
    """`csv` names the attached CSV files, where what was cut may be found."""

    def __init__(self, digest: Digest, w: Wording, cut: Cut, csv: tuple[str, ...] = ()) -> None:
        self.digest = digest
        self.w = w
        self.cut = cut
        self.csv = csv

    # head

    @property
    def key(self) -> KeyFigure | None:
        return self.digest.keys[0] if self.digest.keys else None

    @property
    def second_key(self) -> KeyFigure | None:
        return self.digest.keys[1] if len(self.digest.keys) > 1 else None

    @property
    def other_keys(self) -> tuple[KeyFigure, ...]:
        return self.digest.keys[SHOWN_CURRENCIES:]

    @property
    def of_stalled(self) -> bool:
        """The key number is the sum of a stalled list, not of the open pipeline."""
        return any(section.query_id == self.digest.key_query for section in self.digest.stalled)

    @property
    def unknown(self) -> bool:
        return self.digest.standing is Standing.UNKNOWN

    @property
    def first(self) -> bool:
        return self.digest.standing is Standing.FIRST

    @property
    def unchanged(self) -> bool:
        return self.digest.standing is Standing.UNCHANGED

    def key_label(self, key: KeyFigure | None) -> str:
        name = "stalled" if self.of_stalled else "open"
        if key is None or key.count is None or self.unknown:
            return self.w.say("stalled_title" if self.of_stalled else "open")
        return self.w.say(f"{name}_deals", deals=self.w.deals(key.count))

    def movement(self, key: KeyFigure) -> str:
        """As in "+€86,200 (+7.2%)"; "Unchanged"; "" where there is nothing to compare with."""
        if key.delta is None:
            return ""
        if key.delta == 0:
            return self.w.say("unchanged")
        share = "" if key.ratio is None else f" ({self.w.percent(key.ratio, 1, signed=True)})"
        return self.w.whole(key.delta, key.currency, signed=True) + share

    def arrow(self, key: KeyFigure) -> str:
        if not key.delta:
            return "="
        return "▲" if key.delta > 0 else "▼"

    def tone(self, key: KeyFigure) -> str:
        if not key.delta:
            return ""
        return "in" if key.delta > 0 else "out"

    @property
    def last_known(self) -> str:
        """The old figure with its date, below "not known today", never in the number's place."""
        known = [self.w.whole(k.opening, k.currency) for k in self.digest.keys if k.opening is not None]
        if not known:
            return ""
        amount = ", ".join(known[:SHOWN_CURRENCIES])
        since = self.digest.since
        if since is None:
            return self.w.say("last_known_undated", amount=amount)
        date = self.w.stamp(since) if self._same_day else self.w.date(since)
        return self.w.say("last_known", amount=amount, date=date)

    @property
    def since(self) -> str:
        """The reader's last digest: its day, or its time where it came on the same day; "" without one."""
        since = self.digest.since
        if since is None:
            return ""
        return self.w.time(since) if self._same_day else self.w.date(since)

    @property
    def from_to(self) -> str:
        """The bridge's two ends, as days or, within one day, as times."""
        since, slot = self.digest.since, self.digest.slot
        if since is None:
            return ""
        say = self.w.time if self._same_day else self.w.day
        return self.w.say("from_to", start=say(since), end=say(slot))

    @property
    def _same_day(self) -> bool:
        return self.digest.since is not None and self.w.since_days(self.digest.since, self.digest.slot) == 0

    @property
    def first_line(self) -> str:
        if self.digest.next_slot is None:
            return self.w.say("first")
        return self.w.say("first_next", date=self.w.date(self.digest.next_slot))

    # why

    @property
    def why(self) -> tuple[str, str] | None:
        """The largest movement with the sign of the net change, and the next two by size; None without a bridge."""
        view = self._told
        if self.unknown or self.first or view is None:
            lists = self.key is not None
            return (self.w.say("nothing_moved"), self.w.say("nothing_moved_more") * lists) if self.unchanged else None
        lines = sorted(view.lines, key=lambda line: -line.amount)
        net = view.closing - view.opening
        lead = next((x for x in lines if net * direction(x.move) > 0), lines[0])
        others = [x for x in lines if x is not lead][:2]
        first = self.w.say("amount_of", what=self.w.move_counted(lead.move, lead.count), amount=self._line_amount(lead))
        return first, ", ".join(self._counted(x) for x in others)

    @property
    def _told(self) -> BridgeView | None:
        """The bridge that Why speaks of: of the first currency in which anything moved."""
        return next((view for view in self.digest.bridges if view.lines), None)

    @property
    def brief_moves(self) -> str:
        """For the preheader: the three largest movements."""
        lines = sorted(self._told.lines, key=lambda line: -line.amount)[:3] if self._told else []
        return ", ".join(self._counted(line, brief=True) for line in lines)

    def _counted(self, line: BridgeLine, *, brief: bool = False) -> str:
        if brief and line.move is Move.NEW:
            what = self.w.say("brief.new", line.count)
        else:
            what = self.w.move_counted(line.move, line.count)
        return self.w.say("move_amount", what=what, amount=self._line_amount(line))

    def _line_amount(self, line: BridgeLine) -> str:
        """In whole units like the headline; the bridge below has the cents."""
        currency = self._told.currency if self._told else ""
        return self.w.whole(direction(line.move) * line.amount, currency, signed=True)

    # act

    @property
    def stalled(self) -> StalledSection | None:
        """The list that Act speaks of."""
        return self.digest.stalled[0] if self.digest.stalled else None

    @property
    def act(self) -> str:
        section = self.stalled
        if section is None:
            return ""
        if not section.newly_count:
            return self.w.say("none_stalled" if section.first or not section.still_count else "no_new_stalls")
        what = self.w.say("stalled_today" if section.first else "newly", section.newly_count)
        return self.w.say("amount_of", what=what, amount=self.w.sum(section.newly_totals, cents=False))

    @property
    def act_owners(self) -> tuple[tuple[str, int], ...]:
        """Owners with their count of newly stalled deals, by value; at most four."""
        groups = self.stalled.newly if self.stalled else ()
        return tuple((self.owner_name(g.owner), len(g.deals)) for g in groups[:OWNERS_NAMED])

    @property
    def act_more(self) -> int:
        return max(0, len(self.stalled.newly) - OWNERS_NAMED) if self.stalled else 0

    @property
    def act_still(self) -> str:
        """Said below "no new stalls"."""
        section = self.stalled
        if section is None or section.newly_count or not section.still_count:
            return ""
        return self.w.say("still_are", section.still_count, amount=self.w.sum(section.still_totals, cents=False))

    def owner_name(self, owner: str | None) -> str:
        return self.w.clean(owner) or self.w.say("no_owner")

    @property
    def bridges(self) -> tuple[BridgeView, ...]:
        return self.digest.bridges[:SHOWN_CURRENCIES]


def bridge_cents(view: BridgeView) -> bool:
    """One form for the whole bridge: it must add up as printed."""
    return needs_cents([view.opening, view.closing, *(line.amount for line in view.lines)], view.currency)

"""The key number of a digest: its change, its last known value, and what it is compared with."""

from worker.domain.digest.model import Digest, KeyFigure, Standing
from worker.rendering.page.measure import KeyMeasureWords
from worker.rendering.wording import Wording

SHOWN_CURRENCIES = 2


class KeyNumber:
    def __init__(self, digest: Digest, w: Wording, measure: KeyMeasureWords) -> None:
        self._digest = digest
        self._w = w
        self._measure = measure

    @property
    def key(self) -> KeyFigure | None:
        """The key figure of the first currency; None in a digest without a list of deals."""
        return self._digest.keys[0] if self._digest.keys else None

    @property
    def second_key(self) -> KeyFigure | None:
        """The key figure of the second currency; None if there is only one."""
        return self._digest.keys[1] if len(self._digest.keys) > 1 else None

    @property
    def other_keys(self) -> tuple[KeyFigure, ...]:
        """The key figures of the third and all further currencies, which have no bridge here."""
        return self._digest.keys[SHOWN_CURRENCIES:]

    @property
    def of_stalled(self) -> bool:
        """Whether the key number is the sum of a stalled list, not of the open pipeline."""
        key = self._digest.key_query
        stalled = [section.query_id for section in self._digest.stalled]
        stalled += [line.query_id for line in self._digest.sources if line.stalled]  # a gap has no section
        return key in stalled

    @property
    def holds(self) -> str:
        """Selects the words for the deals: stalled, open, won, lost, archived or listed."""
        return "stalled" if self.of_stalled else self._digest.holds.value

    @property
    def nothing(self) -> bool:
        """Whether the main list was read and has no deals, so that no currency has a number."""
        return self._digest.key_query is not None and not self.unknown and not self._digest.keys

    @property
    def unknown(self) -> bool:
        """Whether the query of the key number has no answer."""
        return self._digest.standing is Standing.UNKNOWN

    @property
    def first(self) -> bool:
        """Whether this is the reader's first digest, so that nothing is compared."""
        return self._digest.standing is Standing.FIRST

    @property
    def unchanged(self) -> bool:
        """Whether nothing changed since the reader's last digest."""
        return self._digest.standing is Standing.UNCHANGED

    @property
    def still(self) -> bool:
        """Whether `send: on_change` would not have sent this digest."""
        return not (self.first or self._digest.changed or self._digest.gaps)

    def key_label(self, key: KeyFigure | None) -> str:
        """What the number counts, with its deals: "Open pipeline, 37 deals". None: the list has no deals."""
        if self.nothing:
            return self._w.say(f"{self.holds}_deals", deals=self._w.deals(0))
        if key is None or key.count is None or self.unknown:
            return self._w.say("open" if self.holds == "open" else f"{self.holds}_title")
        return self._w.say(f"{self.holds}_deals", deals=self._w.deals(key.count))

    @property
    def none_listed(self) -> str:
        """As in "No open deals"; "" if there are some."""
        if not self.nothing:
            return ""
        return self._w.say("none_of_judged" if self.unjudged else f"nothing_{self.holds}")

    @property
    def unjudged(self) -> int:
        """The number of deals for which it is not known whether they belong to the stalled list of the head."""
        key = self._digest.key_query
        return sum(section.unjudged for section in self._digest.stalled if section.query_id == key)

    def unvalued(self, n: int) -> str:
        """How many deals count as 0."""
        return self._w.say("unvalued" if self.holds == "open" else "unvalued_listed", n)

    @property
    def by_stage(self) -> str:
        """The title of a first digest's deals by stage."""
        return self._w.say("what_is_open" if self.holds == "open" else "by_stage")

    def others(self, amounts: str) -> str:
        """The currencies that have no place of their own."""
        return self._w.say("other_currencies" if self.holds == "open" else "other_sums", amounts=amounts)

    @property
    def standing(self) -> str:
        """One line on the state of the number: its last known value, that it is the first one, or since when it
        changed.
        """
        if self.unknown:
            return self.last_known
        if self._measure.measure_period:
            return self._measure.measure_period
        if self.first:
            return self.first_line
        if not self.since:
            return ""
        since = self._w.say("since", date=self.since)
        return f"{self._w.say('unchanged')} {since}" if self.nothing else since

    def movement(self, key: KeyFigure) -> str:
        """As in "+€86,200 (+7.2%)"; "Unchanged"; "" if there is nothing to compare with."""
        if key.delta is None:
            return ""
        if key.delta == 0:
            return self._w.say("unchanged")
        share = "" if key.ratio is None else f" ({self._w.percent(key.ratio, 1, signed=True)})"
        return self._w.whole(key.delta, key.currency, signed=True) + share

    def arrow(self, key: KeyFigure) -> str:
        """The sign before the change: ▲, ▼, or = if nothing changed."""
        if not key.delta:
            return "="
        return "▲" if key.delta > 0 else "▼"

    def tone(self, key: KeyFigure) -> str:
        """The colour of the change as a class of the style sheet: in, out, or "" if nothing changed."""
        if not key.delta:
            return ""
        return "in" if key.delta > 0 else "out"

    @property
    def last_known(self) -> str:
        """The old figure with its date, below "not known today"; it never replaces the number."""
        if self._digest.measure is not None:
            return self._measure.measure_known
        known = [self._w.whole(k.opening, k.currency) for k in self._digest.keys if k.opening is not None]
        if not known:
            return ""
        amount = ", ".join(known[:SHOWN_CURRENCIES])
        since = self._digest.since
        if since is None:
            return self._w.say("last_known_undated", amount=amount)
        date = self._w.stamp(since) if self._same_day else self._w.date(since)
        return self._w.say("last_known", amount=amount, date=date)

    @property
    def since(self) -> str:
        """The reader's last digest: its day, or its time if it was sent on the same day; "" if there is none."""
        since = self._digest.since
        if since is None:
            return ""
        return self._w.time(since) if self._same_day else self._w.date(since)

    @property
    def from_to(self) -> str:
        """The two ends of the bridge, as days; as times if both are on the same day."""
        since, slot = self._digest.since, self._digest.slot
        if since is None:
            return ""
        say = self._w.time if self._same_day else self._w.day
        return self._w.say("from_to", start=say(since), end=say(slot))

    @property
    def _same_day(self) -> bool:
        return self._digest.since is not None and self._w.since_days(self._digest.since, self._digest.slot) == 0

    @property
    def first_line(self) -> str:
        """The line of a first digest. A figure that is compared with another window has a change already in the first
        one.
        """
        if self._digest.measure is not None and self._digest.measure.before_is == "comparison":
            return self._w.say("first_compared")
        if self._digest.next_slot is None:
            return self._w.say("first")
        return self._w.say("first_next", date=self._w.date(self._digest.next_slot))

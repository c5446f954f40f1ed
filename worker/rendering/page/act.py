"""Who must act: how many deals of the first stalled list are newly stalled, and who owns them."""

from worker.domain.digest.model import Deal, Digest, StalledSection
from worker.rendering.page.amounts import summed
from worker.rendering.wording import Wording

OWNERS_NAMED = 4
OWN_NAMED = 3
LONGEST_TITLE = 40


class WhoMustAct:
    def __init__(self, digest: Digest, w: Wording) -> None:
        self._digest = digest
        self._w = w

    @property
    def stalled(self) -> StalledSection | None:
        """The list that Act is about."""
        return self._digest.stalled[0] if self._digest.stalled else None

    @property
    def act(self) -> str:
        """How many deals are newly stalled and their sum: "5 deals newly stalled, €139,000". "" without a list."""
        section = self.stalled
        if section is None:
            return ""
        if not section.newly_count:
            return self._w.say(self._none(section))
        what = self._w.say("stalled_today" if section.first else "newly", section.newly_count)
        return self._w.say("amount_of", what=what, amount=summed(section.newly_totals, self._w))

    def _none(self, section: StalledSection) -> str:
        """If some deals could not be judged, the phrase does not claim that none is stalled."""
        if section.still_count and not section.first:
            return "no_new_stalls"
        return "none_of_judged" if section.unjudged else "none_stalled"

    @property
    def act_unjudged(self) -> str:
        """How many deals of the list could not be judged."""
        section = self.stalled
        return "" if section is None or not section.unjudged else self._w.say("note.not_judged", section.unjudged)

    @property
    def act_owners(self) -> tuple[tuple[str, int], ...]:
        """Owners with their number of newly stalled deals, ordered by value; at most four."""
        groups = self.stalled.newly if self.stalled else ()
        return tuple((owner_name(g.owner, self._w), len(g.deals)) for g in groups[:OWNERS_NAMED])

    @property
    def brief_owners(self) -> tuple[tuple[str, int], ...]:
        """The same by first name, unless two of all owners share one."""
        groups = self.stalled.newly if self.stalled else ()
        firsts = [(owner_name(g.owner, self._w) if g.owner is None else first_name(g.owner, self._w)) for g in groups]
        told = [
            first if firsts.count(first) == 1 else owner_name(g.owner, self._w)
            for first, g in zip(firsts, groups, strict=True)
        ]
        return tuple((name, len(g.deals)) for name, g in zip(told[:OWNERS_NAMED], groups, strict=False))

    @property
    def act_steps(self) -> tuple[str, ...]:
        """For a digest of its reader's own deals: the next steps of the largest ones, as in "Call: Halvorsen
        Marine".
        """
        return self._steps(OWN_NAMED) if self._digest.own else ()

    def _steps(self, most: int) -> tuple[str, ...]:
        if self.stalled is None:
            return ()
        deals = [deal for group in self.stalled.newly for deal in group.deals]
        shown = sorted(deals, key=lambda deal: -(deal.annual.amount if deal.annual else 0))[:most]
        told = tuple(self._step(deal) for deal in shown)
        rest = self.stalled.newly_count - len(told)
        return (*told, self._w.more(rest)) if told and rest > 0 else told

    def _step(self, deal: Deal) -> str:
        step, title = self._w.next_step(deal.next_step), self._w.clean(deal.title, LONGEST_TITLE)
        return self._w.say("own.step", step=step, deal=title) if step else title

    @property
    def brief_most(self) -> int:
        """The largest number that `brief_act` may list."""
        if self.stalled is not None and self._digest.own:
            return min(OWN_NAMED, self.stalled.newly_count)
        return len(self.act_owners)

    def brief_act(self, most: int) -> tuple[str, ...]:
        """For the preheader: owners and their numbers of deals, or next steps of the reader's own deals; the others are
        counted.
        """
        if self._digest.own:
            return self._steps(most)
        more = self.owners_beyond(len(self.act_owners[:most]))
        return (*(f"{name}\u00a0{n}" for name, n in self.brief_owners[:most]), *([more] if more else []))

    @property
    def act_more(self) -> int:
        """How many owners are not named in `act_owners`."""
        return max(0, len(self.stalled.newly) - OWNERS_NAMED) if self.stalled else 0

    @property
    def act_more_owners(self) -> str:
        """The same in words: "2 more people". "" if all are named."""
        return self.owners_beyond(OWNERS_NAMED)

    def owners_beyond(self, named: int) -> str:
        """How many owners there are besides the first `named`, in words. Deals without an owner are not counted."""
        rest = self.stalled.newly[named:] if self.stalled else ()
        people = all(group.owner is not None for group in rest)
        return self._w.more(len(rest), "people" if people else "") if rest else ""

    @property
    def act_still(self) -> str:
        """Printed below "no new stalls"."""
        section = self.stalled
        if section is None or section.newly_count or not section.still_count:
            return ""
        return self._w.say("still_are", section.still_count, amount=summed(section.still_totals, self._w))


def owner_name(owner: str | None, w: Wording) -> str:
    return w.named(owner, w.say("no_owner"))


def first_name(owner: str, w: Wording) -> str:
    """The first name of a person; the whole name if it has one word only."""
    name = owner_name(owner, w)
    return name.split()[0] if name.split() else name

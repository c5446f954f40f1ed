"""A small sales world of events, a service that answers lists from it, and a journal that nets the events by itself.

The journal shares no code with the bridge: it posts every event in double entry as it happens (out of the old currency,
into the new one) and afterwards nets each deal between the two instants. The bridge only sees the service's answers.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from hypothesis import strategies as st

from tests.domain.builders import LAST_WEEK, PIPE, THIS_WEEK, answer, deal, ms
from worker.domain.schedule import Follow, Query
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Row, Snapshot

WEEK_BEFORE = LAST_WEEK - timedelta(days=7)
OWNERS = ("user_ann", "user_bo", "user_cleo", None)
PIPES = (PIPE, PIPE, "pipe_partners")
VALUES = (None, 0, 500, 700, 1_200)
Event = tuple[str, int, int]
"""What happened, to which deal, and a number that says how."""


@dataclass(frozen=True)
class Truth:
    """One deal as it really is."""

    key: str
    born: datetime
    owner: str | None = "user_ann"
    pipeline: str = PIPE
    stage: int = 2
    status: str = "open"
    value: int | None = 500
    currency: str = "EUR"
    period: str = "annual"
    stalled: bool = False

    @property
    def annual(self) -> int | None:
        return None if self.value is None else self.value * (12 if self.period == "monthly" else 1)


_DO: dict[str, Callable[[Truth, int], Truth]] = {
    "price": lambda one, how: replace(one, value=VALUES[how % len(VALUES)]),
    "currency": lambda one, how: replace(one, currency=("EUR", "USD")[how % 2]),
    "period": lambda one, how: replace(one, period=("annual", "monthly")[how % 2]),
    "owner": lambda one, how: replace(one, owner=OWNERS[how % len(OWNERS)]),
    "pipeline": lambda one, how: replace(one, pipeline=PIPES[how % len(PIPES)]),
    "stage": lambda one, how: replace(one, stage=how % 5),
    "stall": lambda one, how: replace(one, stalled=how % 2 == 0),
    "win": lambda one, _: replace(one, status="won" if one.status == "open" else one.status),
    "lose": lambda one, _: replace(one, status="lost" if one.status == "open" else one.status),
    "reopen": lambda one, _: replace(one, status="open"),
    "delete": lambda one, _: replace(one, status="deleted"),
}
KINDS = ("create", *_DO)


def happen(one: Truth, kind: str, how: int) -> Truth:
    """A deleted deal stays deleted."""
    return one if one.status == "deleted" else _DO[kind](one, how)


@dataclass(frozen=True)
class History:
    """Three stretches of events: up to the digest before the last, up to the last one, and up to now.

    `owners` narrows the query to some; `stalled`: it lists stalled deals only. `blank`: the service writes no currency
    for a deal without a value. `unread`: numbers of deals that nobody looks up.
    """

    stretches: tuple[tuple[Event, ...], tuple[Event, ...], tuple[Event, ...]]
    owners: tuple[str, ...] = ()
    stalled: bool = False
    blank: bool = False
    unread: frozenset[int] = frozenset()

    @property
    def item(self) -> Query:
        params = {"pipeline": PIPE, "status_type": "active"}
        params |= {"user_id__in": ",".join(self.owners)} if self.owners else {}
        params |= {"is_stalled": "true"} if self.stalled else {}
        return Query("deals", "close", "opportunities", params=params, follow=Follow.CLOSED)

    def lists(self, one: Truth) -> bool:
        mine = not self.owners or one.owner in self.owners
        return one.status == "open" and one.pipeline == PIPE and mine and (one.stalled or not self.stalled)


@dataclass
class Journal:
    """Postings since `opened`, per deal and currency, and what every deal was when it was opened."""

    opened: dict[str, Truth] = field(default_factory=dict)
    posted: dict[str, Counter[str]] = field(default_factory=dict)

    def post(self, before: Truth, after: Truth) -> None:
        account = self.posted.setdefault(after.key, Counter())
        account[before.currency] -= before.annual or 0
        account[after.currency] += after.annual or 0


@dataclass
class Played:
    """A history played to its end: the service's last two answers, and what really happened between them."""

    history: History
    before: Snapshot
    after: Snapshot
    seen: frozenset[str]
    unread: frozenset[str]
    journal: Journal
    now: dict[str, Truth]

    def booked(self) -> dict[tuple[str, Move], tuple[str, int]]:
        """Deal and class → currency ("" where the deal has none) and amount."""
        found = {}
        for key, one in self.now.items():
            for move, currency, amount in self._net(one, self.journal.opened.get(key)):
                found[key, move] = (currency, amount)
        return found

    def _net(self, now: Truth, then: Truth | None) -> list[tuple[Move, str, int]]:
        was_in = then is not None and self.history.lists(then)
        is_in = self.history.lists(now)
        if then is not None and was_in:
            if not is_in and (now.key in self.unread or now.status == "deleted"):
                gone = Move.UNEXPLAINED if now.key in self.unread else Move.REMOVED
                return [(gone, self._named(then), then.annual or 0)]
            price = self._price(then, now)
            return (
                price if is_in else [*price, (self._left(now), self._named(now) or self._named(then), now.annual or 0)]
            )
        return [(self._joined(now, then), self._named(now), now.annual or 0)] if is_in else []

    def _price(self, then: Truth, now: Truth) -> list[tuple[Move, str, int]]:
        account = self.journal.posted.get(now.key, Counter())
        old, new = self._named(then), self._named(now)
        if old and new and old != new:
            return [(Move.CONVERTED_OUT, old, -account[old]), (Move.CONVERTED_IN, new, account[new])]
        rise = sum(account.values())
        if rise == 0:
            return []
        return [(Move.RAISED if rise > 0 else Move.LOWERED, new or old, abs(rise))]

    def _left(self, now: Truth) -> Move:
        if now.status in ("won", "lost"):
            return Move(now.status)
        strange = self.history.owners and now.owner not in self.history.owners
        return Move.MOVED_OUT if strange or now.pipeline != PIPE else Move.REVIVED

    def _joined(self, now: Truth, then: Truth | None) -> Move:
        if then is None:
            return Move.NEW
        known = now.key in self.seen
        if known and then.status in ("won", "lost"):
            return Move.REOPENED
        handed = known and then.status == "open" and (then.owner, then.pipeline) != (now.owner, now.pipeline)
        return Move.STALLED_IN if self.history.stalled and not handed else Move.MOVED_IN

    def _named(self, one: Truth) -> str:
        return "" if self.history.blank and one.annual is None else one.currency


def play(history: History) -> Played:
    world: dict[str, Truth] = {}
    journal = Journal()
    answers: list[Snapshot] = []
    unread = frozenset(f"deal{number}" for number in history.unread)
    for at, stretch in zip((WEEK_BEFORE, LAST_WEEK, THIS_WEEK), history.stretches, strict=True):
        for kind, number, how in stretch:
            _apply(world, journal, kind, f"deal{number}", how, at - timedelta(hours=12))
        # only the last look-up may fail: the baseline knew whatever it had asked for
        answers.append(_answer(history, world, at, answers, unread if at == THIS_WEEK else frozenset()))
        if at == LAST_WEEK:
            journal = Journal(opened=dict(world))
    seen = answers[0].members - answers[1].members
    return Played(history, answers[1], answers[2], seen, unread, journal, world)


def _apply(world: dict[str, Truth], journal: Journal, kind: str, key: str, how: int, at: datetime) -> None:
    if kind == "create":
        if key not in world:
            world[key] = Truth(key, at, value=VALUES[how % len(VALUES)], stalled=how % 3 == 0)
            journal.posted[key] = Counter()
        return
    if key in world:
        before = world[key]
        world[key] = happen(before, kind, how)
        journal.post(before, world[key])


def _answer(
    history: History, world: dict[str, Truth], at: datetime, earlier: list[Snapshot], unread: frozenset[str]
) -> Snapshot:
    listed = {key for key, one in world.items() if history.lists(one)}
    left = frozenset().union(*(one.members for one in earlier)) - listed - unread
    rows = [_row(world[key], blank=history.blank) for key in sorted(listed)]
    return answer(rows, at=at, followed=[_row(world[key], blank=history.blank) for key in sorted(left)])


def _row(one: Truth, *, blank: bool) -> Row:
    if one.status == "deleted":
        nothing = dict.fromkeys(("title", "owner_id", "pipeline_id", "stage_id", "currency", "period", "created_at"))
        return deal(one.key, None, status="deleted", **nothing)
    return deal(
        one.key,
        one.value,
        owner_id=one.owner,
        pipeline_id=one.pipeline,
        stage_order=one.stage,
        status=one.status,
        currency="" if blank and one.value is None else one.currency,
        period=one.period,
        stalled=one.stalled,
        created_at=ms(one.born),
    )


_events = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.integers(0, 11)), max_size=12)
_seeded = tuple(("create", number, number) for number in range(4))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Some deals exist from the start, so that even short histories have something to move."""
    first, second, third = (tuple(draw(_events)) for _ in range(3))
    return History(
        stretches=((*_seeded, *first), second, third),
        owners=draw(st.sampled_from([(), ("user_ann",), ("user_ann", "user_bo")])),
        stalled=draw(st.booleans()),
        blank=draw(st.booleans()),
        unread=draw(st.frozensets(st.integers(0, 5), max_size=2)),
    )


def random_history(seed: int) -> History:
    """The same world from a plain seed, for counting what histories reach."""
    dice = Random(seed)  # noqa: S311  repeatable, not secret

    def some() -> tuple[Event, ...]:
        return tuple((dice.choice(KINDS), dice.randrange(6), dice.randrange(12)) for _ in range(dice.randrange(13)))

    return History(
        stretches=((*_seeded, *some()), some(), some()),
        owners=dice.choice([(), ("user_ann",), ("user_ann", "user_bo")]),
        stalled=dice.random() < 0.5,
        blank=dice.random() < 0.5,
        unread=frozenset(dice.sample(range(6), dice.randrange(3))),
    )

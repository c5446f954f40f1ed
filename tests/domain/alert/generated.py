"""Generated histories of up to four deals under rules of all kinds, with gaps, nulls, late and repeated slots."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.domain.alert.histories import GAP, STALLED, at, context_of, over, rule_of, under
from tests.domain.alert.telling import OPERATOR, TEAM, silence
from tests.domain.builders import answer, deal
from worker.domain.alert.context import RuleContext
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.rule import NoData, Severity
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement
from worker.domain.snapshot.snapshot import Gap, Row, Snapshot

KEYS = "abcd"
VALUES = (None, 30_000, 45_000, 50_000, 54_000, 60_000, 66_000, 90_000)
OWNERS = ("user_ann", "user_bo")


@dataclass(frozen=True)
class Slot:
    """`minutes`: since the start, not always in order."""

    minutes: int
    answer: Snapshot | Gap | None


@st.composite
def slots(draw: st.DrawFn) -> list[Slot]:
    made: list[Slot] = []
    minutes = 0
    for _ in range(draw(st.integers(1, 8))):
        minutes += draw(st.sampled_from([5, 5, 5, 10, 30]))
        late = draw(st.sampled_from([0, 0, 0, 0, 5, 20]))
        made.append(Slot(max(0, minutes - late), draw(_answers(max(0, minutes - late)))))
        if draw(st.integers(0, 9)) == 0:
            made.append(made[-1])
    return made


def _answers(minutes: int) -> st.SearchStrategy[Snapshot | Gap | None]:
    lists = st.dictionaries(st.sampled_from(KEYS), st.tuples(st.sampled_from(VALUES), st.sampled_from(OWNERS)))
    complete = st.tuples(
        lists, st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["won", "lost", "deleted"]))
    ).map(
        lambda both: answer(
            [_row(key, *one) for key, one in both[0].items()],
            at=at(minutes),
            followed=[deal(key, 1, status=status) for key, status in both[1].items() if key not in both[0]],
        )
    )
    return st.one_of(complete, complete, complete, st.sampled_from([GAP, None]))


def _row(key: str, value: int | None, owner: str) -> Row:
    return deal(key, value, owner_id=owner, owner=owner)


contexts: st.SearchStrategy[RuleContext] = st.builds(
    lambda pending, keep, repeat, until, severe, no_data, after: context_of(
        rule_of(pending=pending, keep_firing=keep, repeat=repeat, no_data=no_data, after=after),
        over(500),
        until=under(400) if until else None,
        severities={Severity.CRITICAL: over(600)} if severe else {},
        traits=STALLED,
    ),
    st.sampled_from([0, 0, 300, 900]),
    st.sampled_from([0, 0, 300, 900]),
    st.sampled_from([None, 600, 1800]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(list(NoData)),
    st.integers(1, 3),
)

silences: st.SearchStrategy[list[Silence]] = st.lists(
    st.builds(
        lambda key, begin, length, snooze: silence(
            ("subject", "=~", key), starts=begin, until=begin + length, snooze=snooze
        ),
        st.sampled_from(["a", "b|c", ".*"]),
        st.integers(0, 60),
        st.integers(1, 60),
        st.booleans(),
    ),
    max_size=2,
)


def acknowledgements(context: RuleContext) -> st.SearchStrategy[list[Acknowledgement]]:
    one = st.builds(
        lambda key, minutes: Acknowledgement(context.fingerprint(key), "ann", at(minutes)),
        st.sampled_from(KEYS),
        st.integers(0, 100),
    )
    return st.lists(one, max_size=3)


OWN = AlertReader("own", "bo@acme.example", sees=lambda _context, facts: facts.owner_id == "user_bo")
READERS = (TEAM, OWN, OPERATOR)

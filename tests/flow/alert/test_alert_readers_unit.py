"""Who may be told of a run's alerts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.domain.builders import answer, deal
from tests.support.alert_fakes import BIG, LARGE, NOTHING, WATCHED, found, parts
from tests.support.fakes import TEAM
from worker.domain.alert.evaluation import Evaluation
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.silence import AlertFilter
from worker.domain.alert.state import RuleState, Withheld
from worker.domain.schedule import Each, Person, Schedule
from worker.flow.alert.alert_readers import Judged, alert_entries, alert_readers, rules_of, seen_by
from worker.flow.alert.evaluate import RunFound, evaluate_rules, rule_contexts
from worker.flow.run.owners import OwnerAddresses

BOSS = replace(TEAM, id="boss", address="boss@acme.example")
OWNERS = replace(TEAM, id="owners", address=None, each=Each.OWNER)


async def judged(run: RunFound, **readers: str) -> Judged:
    """`readers`: whom earlier notifications named what fires now."""
    contexts = await rule_contexts(parts(), run, NOTHING)
    made = await evaluate_rules(run, contexts, NOTHING, {})
    told: Mapping[str, Evaluation] = {
        rule: replace(one, transitions=tuple(replace(step, readers=readers) for step in one.transitions))
        for rule, one in made.items()
    }
    return Judged(run, contexts, told, {})


def names(readers: tuple[AlertReader, ...]) -> list[tuple[str, str]]:
    return [(one.entry, one.address) for one in readers]


async def test_every_entry_of_to_is_told_and_those_of_notify_where_a_rule_names_them() -> None:
    schedule = replace(WATCHED, notify=(BOSS,), alerts=(BIG, replace(BIG, id="own", notify=("boss",))))
    readers = await alert_readers(parts(), await judged(found(LARGE, schedule=schedule)))
    assert [(one.entry, one.rules) for one in readers] == [
        ("team", frozenset({"big"})),
        ("boss", frozenset({"own"})),
    ]
    assert [one.sees for one in readers] == [None, None]


def test_an_entry_is_told_of_the_rules_that_name_it_and_of_those_that_name_nobody() -> None:
    schedule = replace(WATCHED, notify=(BOSS,), alerts=(BIG, replace(BIG, id="own", notify=("team", "boss"))))
    assert rules_of(schedule, TEAM) == {"big", "own"}
    assert rules_of(schedule, BOSS) == {"own"}
    assert rules_of(schedule, replace(TEAM, id="subscribed at run time")) == {"big"}


def test_the_entries_that_rules_notify_are_counted_once_each() -> None:
    one = replace(BIG, notify=("boss",))
    assert alert_entries(replace(WATCHED, to=(), notify=(BOSS,), alerts=(one, replace(one, id="own")))) == 1
    assert alert_entries(replace(WATCHED, to=(TEAM,), notify=(BOSS,), alerts=(one, replace(BIG, id="own")))) == 2
    assert alert_entries(replace(WATCHED, to=(TEAM,), notify=(BOSS,), alerts=())) == 0


async def test_a_subscriber_is_told_like_an_entry() -> None:
    subscribed = replace(TEAM, id="cli", address="new@acme.example")
    readers = await alert_readers(parts(), await judged(found(LARGE)), [subscribed])
    assert names(readers) == [("team", "team@acme.example"), ("cli", "new@acme.example")]


def owned(schedule: Schedule, **owners: str) -> RunFound:
    run = found(LARGE, schedule=schedule)
    rows = [deal(key, LARGE, owner_id=owner) for key, owner in owners.items()]
    people = {name: Person({"mail": f"{name}@acme.example"}) for name in ("ann", "ben", "cem")}
    answers = replace(run.answers, snapshots={"deals": answer(rows)})
    return replace(run, answers=answers, bundle=replace(run.bundle, people=people))


async def test_of_an_entry_with_each_the_owners_of_what_fires_are_told_of_their_own() -> None:
    run = owned(replace(WATCHED, to=(OWNERS,)), a="ann", b="ben", c="nobody")
    known = await judged(run)
    readers = await alert_readers(parts(), known)
    assert names(readers) == [("owners", "ann@acme.example"), ("owners", "ben@acme.example")]
    (context,) = await rule_contexts(parts(), run, NOTHING)
    facts = {one.subject: one.facts for one in known.evaluations["big"].transitions}
    seen = [[key for key in "abc" if one.sees is not None and one.sees(context, facts[key])] for one in readers]
    assert seen == [["a"], ["b"]]


async def test_owners_of_what_nobody_could_be_told_are_asked() -> None:
    known = await judged(owned(replace(WATCHED, to=(OWNERS,)), a="ann"))
    evaluation = known.evaluations["big"]
    held = replace(evaluation.state.alerts["a"], withheld=Withheld.NO_READER)
    later = replace(evaluation, transitions=(), state=replace(evaluation.state, alerts={"a": held}))
    readers = await alert_readers(parts(), replace(known, evaluations={"big": later}))
    assert names(readers) == [("owners", "ann@acme.example")]


async def test_who_was_told_of_an_alert_is_asked_though_the_row_has_another_owner() -> None:
    run = owned(replace(WATCHED, to=(OWNERS,)), a="ann")
    told = {"alert:owners|cem@acme.example": "weekly@x", "alert:other|dan@acme.example": "weekly@x"}
    readers = await alert_readers(parts(), await judged(run, **told))
    assert names(readers) == [("owners", "ann@acme.example"), ("owners", "cem@acme.example")]


async def test_an_entry_with_a_condition_sees_the_rows_for_which_it_holds() -> None:
    run = owned(replace(WATCHED, to=(replace(TEAM, rows="5000"),)), a="ann")
    (reader,) = await alert_readers(parts(), await judged(run))
    (context,) = await rule_contexts(parts(), run, NOTHING)
    assert reader.sees is not None
    (step,) = (await judged(run)).evaluations["big"].transitions
    assert not reader.sees(context, step.facts)


async def without_data(operator: str | None) -> tuple[AlertReader, ...]:
    run = found(schedule=replace(WATCHED, alerts=(replace(BIG, after=1),)), operator=operator)
    made: Any = await judged(run)
    assert made.evaluations["big"].state != RuleState()
    return await alert_readers(parts(), made)


async def test_the_operator_is_told_where_a_rule_has_no_data() -> None:
    assert [one.operator for one in await without_data("ops@acme.example")] == [False, True]
    assert [one.operator for one in await without_data(None)] == [False]
    assert [one.operator for one in await alert_readers(parts(), await judged(found(LARGE)))] == [False]


async def test_readers_see_what_their_audience_says_though_only_the_owners_are_asked() -> None:
    run = owned(WATCHED, a="ann", b="ben", c="nobody")
    known = await judged(run)
    asked = list[str]()

    def judge(name: str) -> Any:
        def sees(context: Any, facts: Any) -> bool:
            asked.append(f"{name} {facts.key}")
            return bool(facts.owner_id == name)

        return sees

    addresses = OwnerAddresses(parts().connectors, run.bundle, OWNERS, {})
    shown = seen_by({f"{name}@acme.example": judge(name) for name in ("ann", "ben")}, known, addresses)
    (context,) = known.rules
    assert {facts.key for _, facts in known.subjects()} == set("abc")
    assert known.answers["deals"].now is run.answers.snapshots["deals"]
    facts = [one.facts for one in known.evaluations["big"].transitions]
    assert {name: [one.key for one in facts if sees(context, one)] for name, sees in shown.items()} == {
        "ann@acme.example": ["a"],
        "ben@acme.example": ["b"],
    }
    assert set(asked) == {"ann a", "ben b"}
    other = replace(facts[0], key="of a row that nobody asked for")
    assert [sees(context, other) for sees in shown.values()] == [True, False], "it is judged when it is asked for"


def test_who_subscribed_to_a_rule_is_told_of_it_after_a_rename() -> None:
    entry = replace(WATCHED.to[0], alerts=AlertFilter(("big",)))
    rules = (replace(BIG, id="large", previously="big"), replace(BIG, id="other"))
    assert rules_of(replace(WATCHED, alerts=rules), entry) == {"large"}

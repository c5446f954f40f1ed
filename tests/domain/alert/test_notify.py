"""Who is told what, what is withheld, and what is remembered of it."""

from dataclasses import replace

import pytest

from tests.domain.alert.histories import GAP, at, context_of, over, rule_of
from tests.domain.alert.telling import OPERATOR, TEAM, Telling, ack, kept, silence, told
from tests.domain.builders import answer, deal
from worker.domain.alert.context import AlertAnswers
from worker.domain.alert.labels import matches
from worker.domain.alert.notification import MOST_OPEN
from worker.domain.alert.readers import AlertReader, sees_of
from worker.domain.alert.rule import Form, Grouping, Inhibition, NoData, Severity
from worker.domain.alert.silence import Matcher
from worker.domain.alert.state import Withheld
from worker.domain.alert.subject import NO_DATA_SUBJECT, Amount
from worker.domain.delivery import DeliveryKey
from worker.domain.run import RunKey
from worker.domain.snapshot.audience import Audience
from worker.domain.snapshot.snapshot import Kind

BIG, SMALL = 60_000, 40_000
OPS = "alert:operator|ops@acme.example"
SALES = "alert:team|sales@acme.example"


def test_a_reader_is_told_and_remembered_with_what_was_said() -> None:
    run = Telling([context_of()])
    done = run.see(0, [deal("a", BIG)])
    assert told(done) == [("a", "first")]
    state = done.states["big-deal"].alerts["a"]
    assert state.notified is not None
    assert (state.notified.slot, state.notified.amount) == (at(0), Amount(Kind.MONEY, BIG, "EUR"))
    assert state.readers == {SALES: str(RunKey("watch", at(0)))}
    assert told(done, OPS) == []


def test_resolved_goes_only_to_those_who_were_told() -> None:
    late = AlertReader("late", "late@acme.example")
    run = Telling([context_of()], readers=(TEAM,))
    run.see(0, [deal("a", BIG)])
    run.readers = (TEAM, late)
    done = run.see(5, [deal("a", SMALL)])
    assert list(done.notifications) == [SALES]
    run.see(10, [deal("a", BIG)])
    run.readers = (AlertReader("new", "new@acme.example"),)
    assert kept(run.see(15, [deal("a", SMALL)])) == [("a", "resolved", "no_reader")]


def test_findings_are_ordered_by_severity_then_news_then_amount() -> None:
    rule = rule_of(repeat=300)
    context = context_of(rule, severities={Severity.CRITICAL: over(5_000)})
    run = Telling([context])
    before = [deal("repeats", 70_000), deal("rises", 60_000), deal("ends", 90_000)]
    run.see(0, before)
    now = [deal("repeats", 70_000), deal("rises", 80_000), deal("ends", 1), deal("n1", 60_000), deal("n2", 65_000)]
    done = run.see(5, [*now, deal("huge", 600_000)])
    assert told(done) == [
        ("huge", "new"),
        ("rises", "worse"),
        ("n2", "new"),
        ("n1", "new"),
        ("repeats", "repeat"),
        ("ends", "resolved"),
    ]


def test_a_silence_withholds_and_its_end_is_told_while_the_alert_fires() -> None:
    run = Telling([context_of()], silences=[silence(("rule", "=", "big-deal"), until=10)])
    assert kept(run.see(0, [deal("a", BIG)])) == [("a", "first", "silenced")]
    assert (run.see(5, [deal("a", BIG)]).fired, told(run.notified[5])) == (0, [])
    done = run.see(10, [deal("a", BIG)])
    assert told(done) == [("a", "after_silence")]
    (finding,) = done.notifications[SALES].findings
    assert [one.holds for one in finding.clauses] == [True], "it says why the alert still fires"
    assert run.see(15, [deal("a", BIG)]).fired == 0


def test_a_silence_that_outlives_the_alert_ends_without_a_word() -> None:
    run = Telling([context_of()], silences=[silence(("rule", "=", "big-deal"), until=10)])
    run.see(0, [deal("a", BIG)])
    assert kept(run.see(5, [deal("a", SMALL)])) == [("a", "resolved", "silenced")]
    assert run.see(10, [deal("a", SMALL)]).fired == 0


def test_the_end_of_a_silence_waits_for_data() -> None:
    run = Telling([context_of()], silences=[silence(("rule", "=", "big-deal"), until=5)])
    run.see(0, [deal("a", BIG)])
    assert run.run(5, GAP).fired == 0
    assert told(run.see(10, [deal("a", BIG)])) == [("a", "after_silence")]


def test_a_snooze_is_for_one_alert() -> None:
    context = context_of()
    snooze = silence(("fingerprint", "=", context.fingerprint("a")), snooze=True)
    run = Telling([context], silences=[snooze])
    done = run.see(0, [deal("a", BIG), deal("b", BIG)])
    assert (told(done), kept(done)) == ([("b", "first")], [("a", "first", "snoozed")])


def test_whoever_snoozed_an_alert_hears_of_it_when_the_snooze_ends() -> None:
    context = context_of()
    snooze = silence(("fingerprint", "=", context.fingerprint("a")), starts=3, until=20, snooze=True)
    run = Telling([context], silences=[snooze])
    assert told(run.see(0, [deal("a", BIG)])) == [("a", "first")]
    assert run.see(5, [deal("a", BIG)]).fired == 0
    assert run.run(20, GAP).fired == 0
    (finding,) = run.see(25, [deal("a", BIG)]).notifications[SALES].findings
    assert finding.notified is not None
    assert (finding.reason.value, finding.notified.slot) == ("after_silence", at(0))
    assert run.see(30, [deal("a", BIG)]).fired == 0


def test_an_acknowledgement_stops_repeats_and_nothing_else() -> None:
    context = context_of(rule_of(repeat=300))
    run = Telling([context])
    run.see(0, [deal("a", BIG)])
    run.acks.append(ack(context.fingerprint("a"), 2))
    done = run.see(5, [deal("a", BIG)])
    assert (told(done), kept(done), done.kept[0].detail) == ([], [("a", "repeat", "acked")], "ann")
    assert told(run.see(10, [deal("a", 70_000)])) == [("a", "worse")]
    assert told(run.see(15, [deal("a", SMALL)])) == [("a", "resolved")]
    run.see(20, [deal("a", BIG)])
    assert told(run.see(25, [deal("a", BIG)])) == [("a", "repeat")]  # it was given for the alert before


def test_inhibition_needs_equal_values_and_ends_with_its_source() -> None:
    source = context_of(rule_of(id="source"), over(2_000))
    target = context_of()
    run = Telling([source, target], inhibitions=[Inhibition("source", "big-deal", ("owner",))])
    rows = [deal("huge", 300_000), deal("a", BIG), deal("b", BIG, owner="Bo", owner_id="user_bo")]
    done = run.see(0, rows)
    assert [(one.rule, one.subject, one.why, one.detail) for one in done.kept] == [
        ("big-deal", "a", Withheld.INHIBITED, "source"),
        ("big-deal", "huge", Withheld.INHIBITED, "source"),
    ]
    done = run.see(5, [deal("huge", 1), *rows[1:]])
    assert told(done) == [("a", "after_silence"), ("huge", "resolved")]


def test_no_data_of_one_connection_is_told_once() -> None:
    first, second = context_of(rule_of(id="one", after=1)), context_of(rule_of(id="two", after=1))
    run = Telling([first, second], connections={"deals": "crm"})
    done = run.run(0, GAP)
    assert [one.rule for one in done.notifications[OPS].findings] == ["one"]
    assert [(one.rule, one.why) for one in done.kept] == [("two", Withheld.INHIBITED)]
    done = run.see(5, [])
    assert [(one.rule, one.reason.value) for one in done.notifications[OPS].findings] == [("one", "data_back")]


def test_no_data_is_for_the_operator_and_for_readers_only_where_the_rule_says_so() -> None:
    run = Telling([context_of(rule_of(after=1))])
    assert list(run.run(0, GAP).notifications) == [OPS]
    run = Telling([context_of(rule_of(after=1, no_data=NoData.ALERT))])
    done = run.run(0, GAP)
    assert sorted(done.notifications) == [OPS, SALES]
    assert told(done) == [(NO_DATA_SUBJECT, "no_data")]
    assert told(run.see(5, [])) == [(NO_DATA_SUBJECT, "data_back")]


def test_group_rule_makes_a_notification_for_each_rule() -> None:
    one, two = context_of(rule_of(id="one", group=Grouping.RULE)), context_of(rule_of(id="two"))
    done = Telling([one, two], readers=(TEAM,)).see(0, [deal("a", BIG)])
    assert sorted(done.notifications) == ["alert:team/one|sales@acme.example", SALES]


def test_a_rule_that_is_grouped_otherwise_knows_whom_it_told() -> None:
    run = Telling([context_of(rule_of(group=Grouping.RULE))], readers=(TEAM,))
    run.see(0, [deal("a", BIG)])
    run.rules = [context_of()]
    assert told(run.see(5, [deal("a", SMALL)])) == [("a", "resolved")]


def test_a_reader_is_told_only_of_its_rules_and_of_labels_that_match() -> None:
    north = context_of(rule_of(id="north", labels={"team": "north"}))
    readers = (
        AlertReader("a", "a@acme.example", rules=frozenset({"other"})),
        AlertReader("b", "b@acme.example", matchers=(Matcher("team", "=", "north"),)),
        AlertReader("c", "c@acme.example", matchers=(Matcher("team", "=~", "sou.*"),)),
    )
    done = Telling([north], readers=readers).see(0, [deal("a", BIG)])
    assert list(done.notifications) == ["alert:b|b@acme.example"]


def test_a_finding_about_a_row_goes_to_those_who_see_it() -> None:
    rows = [deal("a", BIG), deal("b", BIG, owner_id="user_bo", owner="Bo")]
    audience = Audience("bo", "reassigned", owns=lambda _query, owner: owner == "user_bo")
    sees = sees_of(audience, {"deals": AlertAnswers(answer(rows))})
    done = Telling([context_of()], readers=(AlertReader("own", "bo@acme.example", sees=sees),)).see(0, rows)
    assert told(done, "alert:own|bo@acme.example") == [("b", "first")]
    assert kept(done) == [("a", "first", "no_reader")]
    shown = done.notifications["alert:own|bo@acme.example"].rules[0]
    assert (shown.open, shown.open_amount) == (1, Amount(Kind.MONEY, BIG, "EUR"))


def test_a_condition_on_rows_is_asked_of_the_row() -> None:
    rows = [deal("a", BIG), deal("b", BIG, stage="Proposal")]
    sees = sees_of(
        Audience("x", "filter", holds=lambda row: row.text("stage") == "Proposal"),
        {"deals": AlertAnswers(answer(rows))},
    )
    done = Telling([context_of()], readers=(AlertReader("own", "x@acme.example", sees=sees),)).see(0, rows)
    assert told(done, "alert:own|x@acme.example") == [("b", "first")]


def test_a_number_of_the_team_needs_totals_and_the_group_of_an_owner_its_owner() -> None:
    rows = [deal("a", BIG), deal("b", BIG, owner_id="user_bo", owner="Bo")]
    own = Audience("bo", "reassigned", owns=lambda _query, owner: owner == "user_bo")
    filtered = Audience("x", "filter", holds=lambda _row: True)
    by_owner, whole = (rule_of(form=form, by=by) for form, by in ((Form.GROUPS, "owner"), (Form.QUERY, "")))
    for rule, audience, subjects in (
        (by_owner, own, ["user_bo"]),
        (by_owner, filtered, []),
        (by_owner, replace(filtered, totals=True), ["user_ann", "user_bo"]),
        (whole, own, []),
        (whole, replace(own, totals=True), ["deals"]),
    ):
        context = context_of(rule, lambda _given: True, clauses=())
        reader = AlertReader("own", "bo@acme.example", sees=sees_of(audience, {"deals": AlertAnswers(answer(rows))}))
        done = Telling([context], readers=(reader,)).see(0, rows)
        assert [one for one, _ in told(done, "alert:own|bo@acme.example")] == subjects


def test_an_alert_that_nobody_could_be_told_is_told_to_whom_its_row_goes_and_once() -> None:
    owner = AlertReader("own", "bo@acme.example", sees=lambda _context, facts: facts.owner_id == "user_bo")
    run = Telling([context_of()], readers=(owner,))
    nobodys, bos = (deal("a", BIG, owner_id=who, owner=who) for who in ("user_gone", "user_bo"))
    assert kept(run.see(0, [nobodys])) == [("a", "first", "no_reader")]
    assert run.see(5, [nobodys]).fired == 0
    done = run.see(10, [bos])
    assert told(done, "alert:own|bo@acme.example") == [("a", "new")]
    assert done.notifications["alert:own|bo@acme.example"].findings[0].clauses
    assert run.see(15, [bos]).fired == 0
    assert told(run.see(20, [deal("a", SMALL, owner_id="user_bo")]), "alert:own|bo@acme.example") == [("a", "resolved")]


def test_everybody_who_knows_the_same_shares_one_content() -> None:
    readers = tuple(AlertReader("team", f"{name}@acme.example") for name in "abc")
    done = Telling([context_of()], readers=readers).see(0, [deal("a", BIG)])
    assert len({id(one) for one in done.notifications.values()}) == 1


def test_what_else_fires_is_named_with_the_largest_first_and_counted() -> None:
    context = context_of()
    run = Telling([context])
    rows = [deal(f"d{number}", BIG + number) for number in range(8)]
    run.see(0, rows)
    run.acks.append(ack(context.fingerprint("d7"), 3))
    made = run.see(5, [*rows, deal("new", BIG)]).notifications[SALES]
    assert [one.facts.key for one in made.open] == ["d7", "d6", "d5", "d4", "d3"]
    assert [one.acked_by for one in made.open] == ["ann", "", "", "", ""]
    assert len(made.open) == MOST_OPEN
    shown = made.rule("big-deal")
    assert (shown.open, shown.last_check, shown.stalled) == (9, at(0), True)
    assert shown.open_amount == Amount(Kind.MONEY, 9 * BIG + sum(range(8)), "EUR")


@pytest.mark.parametrize(
    ("operator", "value", "given", "holds"),
    [
        ("=", "Ann", "Ann", True),
        ("=", "Ann", "Anna", False),
        ("!=", "Ann", "Bo", True),
        ("=~", "An", "Anna", False),
        ("=~", "An.*", "Anna", True),
        ("!~", "An.*", "Anna", False),
        ("=", "", None, True),
        ("!=", "x", None, True),
    ],
)
def test_matchers_are_as_in_alertmanager(operator: str, value: str, given: str | None, holds: bool) -> None:
    labels = {} if given is None else {"owner": given}
    assert matches([Matcher("owner", operator, value)], labels) is holds


def waiting(run: Telling, minutes: int) -> None:
    """What was made at that minute has not left."""
    made = run.notified[minutes].notifications
    run.waiting |= {DeliveryKey(RunKey("watch", at(minutes)), reader): one for reader, one in made.items()}


def test_a_notification_that_waits_goes_with_the_next() -> None:
    run = Telling([context_of()])
    run.see(0, [deal("a", BIG)])
    waiting(run, 0)
    done = run.see(5, [deal("a", BIG), deal("b", BIG)])
    made = done.notifications[SALES]
    assert [(one.facts.key, one.reason.value, one.at) for one in made.findings] == [
        ("a", "first", at(0)),
        ("b", "new", at(5)),
    ]
    assert (made.carried, len(done.carried), made.open) == (1, 1, ())
    assert done.notified == {SALES: (made.findings[1].fingerprint,)}
    assert done.states["big-deal"].alerts["a"].readers == {SALES: str(RunKey("watch", at(5)))}


def test_an_alert_that_ended_before_it_was_told_is_told_as_over() -> None:
    run = Telling([context_of()])
    run.see(0, [deal("a", BIG)])
    waiting(run, 0)
    done = run.see(5, [], [deal("a", BIG, status="won")])
    (finding,) = done.notifications[SALES].findings
    assert (finding.reason.value, finding.over_since, finding.why, finding.at) == ("first", at(5), "won", at(0))


def test_an_alert_that_got_worse_before_it_was_told_is_news_with_its_newest_amount() -> None:
    run = Telling([context_of()])
    run.see(0, [deal("a", BIG)])
    waiting(run, 0)
    (finding,) = run.see(5, [deal("a", 90_000)]).notifications[SALES].findings
    assert (finding.reason.value, finding.notified) == ("first", None)
    assert finding.facts.amount == Amount(Kind.MONEY, 90_000, "EUR")


def test_worse_twice_compares_with_what_the_reader_knows() -> None:
    run = Telling([context_of()])
    run.see(0, [deal("a", BIG)])
    run.see(5, [deal("a", 70_000)])
    waiting(run, 5)
    (finding,) = run.see(10, [deal("a", 90_000)]).notifications[SALES].findings
    assert finding.notified is not None
    assert (finding.reason.value, finding.notified.amount) == ("worse", Amount(Kind.MONEY, BIG, "EUR"))


def test_what_ended_without_a_word_while_it_waited_is_over() -> None:
    run = Telling([context_of(rule_of(resolved=False))])
    run.see(0, [deal("a", BIG)])
    waiting(run, 0)
    run.see(5, [deal("a", SMALL)])
    done = run.see(10, [deal("a", SMALL), deal("b", BIG)])
    found = {one.facts.key: one.over_since for one in done.notifications[SALES].findings}
    assert found == {"a": at(10), "b": None}


def test_without_news_a_waiting_notification_stays() -> None:
    run = Telling([context_of()])
    run.see(0, [deal("a", BIG)])
    waiting(run, 0)
    done = run.see(5, [deal("a", BIG)])
    assert (done.notifications, done.carried) == ({}, ())


def test_a_silence_of_labels_finds_owner_stage_and_own_labels() -> None:
    for matcher in (
        ("owner", "=", "Ann Lindqvist"),
        ("stage", "=", "Demo"),
        ("team", "=", "north"),
        ("owner_id", "=~", "user_.+"),
    ):
        rule = replace(rule_of(), labels={"team": "north"})
        done = Telling([context_of(rule)], silences=[silence(matcher)]).see(0, [deal("a", BIG)])
        assert kept(done) == [("a", "first", "silenced")], matcher


def test_the_operator_is_told_of_nothing_but_missing_data() -> None:
    done = Telling([context_of()], readers=(OPERATOR,)).see(0, [deal("a", BIG)])
    assert (done.notifications, kept(done)) == ({}, [("a", "first", "no_reader")])


def test_a_rule_that_a_notification_does_not_name_is_a_key_error() -> None:
    """StopIteration would end whatever loop asks."""
    done = Telling([context_of()]).see(0, [deal("a", BIG)])
    with pytest.raises(KeyError):
        done.notifications[SALES].rule("other")

"""Alerts in words: what a run had to tell, and the one alert of the demo."""

from typing import Any

from worker.domain.alert.ready_made import NEVER
from worker.entry.alert_words import rule_lines, run_alert_lines
from worker.entry.demo_alerts import alert_sentence
from worker.entry.forecast_words import forecast_lines
from worker.flow.deploy.forecast import Forecast


def rule(condition: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"gap": None, "skipped": None, "transitions": [], "subjects": [], "more": 0}
    return {"schedule": "watch", "rule": "gone", "run": "watch@1", "written_out": {"if": condition}, **facts}


def run(fired: int, **ends: int) -> dict[str, Any]:
    return {"balance": {"fired": fired, "ends": ends, "kept": {}}, "kept": [], "ends": [], "rules": []}


def test_a_run_without_news_has_nothing_to_tell() -> None:
    """It said "Alerts: 0 to tell = 0"."""
    assert list(run_alert_lines(run(0))) == ["Alerts: nothing to tell."]
    assert list(run_alert_lines(run(3, sent=2, held=1))) == ["Alerts: 3 to tell = 2 sent + 1 held"]


def test_a_rule_of_missing_data_shows_no_condition_that_nobody_wrote() -> None:
    assert list(rule_lines(rule(NEVER))) == ["watch/gone in watch@1: tells only that data are missing"]
    assert list(rule_lines(rule("row.value > 5"))) == ["watch/gone in watch@1: if row.value > 5"]


def test_a_rule_of_missing_data_shows_no_clause_either() -> None:
    """`explain` said of it "next: it fires when now.rows < 0"."""
    clause = {"text": NEVER, "holds": False, "operands": []}
    subject = {"subject": {"name": "deals", "key": "", "amount": None}, "alert": None, "standing": "quiet"}
    need = {"need": "condition", "texts": [NEVER], "at": None, "amount": None}
    one = {**subject, "clauses": [clause], "until": None, "next": [need]}
    assert list(rule_lines({**rule(NEVER), "subjects": [one]})) == list(rule_lines(rule(NEVER)))


def test_an_event_happened_and_was_not_inactive() -> None:
    """`explain` said "Copper & Pine: inactive → inactive (new, lost)"."""
    step = {"name": "Copper & Pine", "subject": "a", "before": None, "after": None, "reason": "new", "why": "lost"}
    began = {**step, "after": "firing", "reason": "first", "why": ""}
    assert list(rule_lines({**rule("x"), "transitions": [step, began]}))[1:] == [
        "  Copper & Pine: happened (new, lost)",
        "  Copper & Pine: inactive → firing (first)",
    ]


def test_the_demo_says_in_words_what_readers_were_told_of_its_alert() -> None:
    """It said "first → worse → resolved won"."""
    told = [{"reason": "first", "why": ""}, {"reason": "worse", "why": ""}, {"reason": "resolved", "why": "won"}]
    said = "Readers were notified of one alert 3 times: it began, it got worse, it was over (won)."
    assert alert_sentence(told) == said


def test_alerts_without_a_stored_answer_have_one_sentence() -> None:
    """The first plan of a project said the same sentence once for each alert."""
    untested = [Forecast("watch", "big", "added"), Forecast("watch", "gone", "changed")]
    why = "is not known, because no answer is stored yet:"
    assert list(forecast_lines(untested)) == [
        f"How often these alerts tell {why} watch/big (added), watch/gone (changed)."
    ]
    assert list(forecast_lines(untested[:1])) == [f"How often this alert tells {why} watch/big (added)."]

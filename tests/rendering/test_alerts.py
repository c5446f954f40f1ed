"""What every message of alerts keeps to, whatever the rows say: its length, its width, its colours, its words."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.golden import alerts
from tests.golden.alerts import ALERTS, HALVORSEN, ONE, RULE, SLOT, WORSE, deal, euros, finding, notification
from tests.measured.mails import CURRENCIES, LOCALES
from tests.support.contents import mail_of, posts_of, templates
from worker.channels.common.json_message import json_body, json_content
from worker.channels.email.content import HTML_BUDGET
from worker.channels.slack.limits import check
from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.rule import Form, Severity
from worker.domain.alert.state import AlertReason
from worker.domain.alert.subject import Amount, ClauseResult, Operand, SubjectFacts
from worker.domain.delivery import READER_ALERTS, Attachment
from worker.domain.money import exponent
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Kind
from worker.ports.channels import RenderRequest
from worker.rendering.alert import AlertPage
from worker.rendering.html_nesting import html_fault
from worker.rendering.text_table import TEXT_WIDTH, width
from worker.rendering.wording import Wording
from worker.vocabulary import VOCABULARY

EN = Wording("en_GB", "Europe/Berlin", 2026, VOCABULARY.words)
DE = Wording("de_DE", "Europe/Berlin", 2026, VOCABULARY.words)
URL = re.compile(r"https?://\S+")
SEVERAL_TO_OPEN = {"several": 2, "worse": 3, "rules": 3, "carried": 2, "currencies": 4, "long": 70}
"""What there is to do for more than one deal, and how many."""
CSV = Attachment("alerts.csv", "text/csv", b"x\n")


def entry(locale: str = "en_GB") -> Subscription:
    return Subscription("team", "email", "sales@acme.example", "alert", locale, "Europe/Berlin")


def storm(number: int) -> Notification:
    found = tuple(
        finding(deal(f"Deal {at} of {number}", euros(9_000_000 - at), "Priya Nair", "Demo", 20)) for at in range(number)
    )
    return notification(found, (replace(RULE, open=number, open_amount=euros(1)),))


def in_currency(code: str) -> Notification:
    """Amounts of a size that is usual in the currency, with a change and an amount that is not known."""
    unit = 10 ** exponent(code) * {"JPY": 160, "KRW": 1_500, "IDR": 17_000, "INR": 95}.get(code, 1)

    def amount(of: Amount | None) -> Amount | None:
        return None if of is None or of.value is None else Amount(Kind.MONEY, round(of.value) // 100 * unit + 1, code)

    def moved(one: Finding) -> Finding:
        told = one.notified and replace(one.notified, amount=amount(one.notified.amount))
        return replace(one, facts=replace(one.facts, amount=amount(one.facts.amount)), notified=told)

    [rule] = WORSE.rules
    return replace(
        WORSE,
        findings=tuple(map(moved, WORSE.findings)),
        rules=(replace(rule, open_amount=amount(rule.open_amount)),),
    )


def wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if width(line) > TEXT_WIDTH and not URL.fullmatch(line.strip())]


@pytest.mark.parametrize("name", sorted(ALERTS))
@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_no_line_of_text_is_wider_than_64_columns(name: str, locale: str) -> None:
    assert wide(mail_of(ALERTS[name], entry(locale)).text) == []


@pytest.mark.parametrize("code", CURRENCIES)
def test_no_locale_and_currency_makes_a_line_wider(code: str) -> None:
    for locale in LOCALES[CURRENCIES.index(code) :: 5]:
        assert wide(mail_of(in_currency(code), entry(locale)).text) == [], locale


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_html_is_whole_and_has_one_button_at_most(name: str) -> None:
    html = mail_of(ALERTS[name], entry(), linked=True).html
    assert html_fault(html) is None
    assert html.count('class="go"') == (name in {"one", "event", "after-silence", *SEVERAL_TO_OPEN})


@pytest.mark.parametrize(("name", "number"), SEVERAL_TO_OPEN.items())
def test_several_deals_have_one_button_that_leads_to_the_readers_page_of_them(name: str, number: int) -> None:
    """A button led to the only deal, and a message about several had none."""
    html = mail_of(ALERTS[name], entry(), linked=True).html
    found = re.search(r'class="go" href="([^"]*)"[^>]*>([^<]*)<', html)
    assert found is not None
    assert (found[1], found[2].replace("&nbsp;", " ")) == (READER_ALERTS, f"Open {number} deals")
    assert 'class="go"' not in mail_of(ALERTS[name], entry()).html
    german = AlertPage(ALERTS[name], DE).open_several
    assert german.replace("\u00a0", " ") == f"{number} Deals öffnen"


def test_what_has_no_page_is_not_counted_on_the_button() -> None:
    bare = replace(ALERTS["several"].findings[0], facts=replace(HALVORSEN, url=""))
    assert (
        AlertPage(replace(ALERTS["several"], findings=(bare, *ALERTS["several"].findings[1:])), EN).open_several == ""
    )
    assert AlertPage(ALERTS["groups"], EN).open_several == ""
    assert AlertPage(ALERTS["resolved"], EN).open_several == ""


def test_what_is_over_has_no_button_and_no_command() -> None:
    for name in ("resolved", "cleared", "no-data", "data-back"):
        page = AlertPage(ALERTS[name], EN)
        assert (page.open_url, page.commands) == ("", ())


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_no_name_acts_as_markup_or_turns_a_line(locale: str) -> None:
    mail = mail_of(alerts.HOSTILE, entry(locale))
    for raw in ("<b>Bold", "<i>", "<script>", "javascript:", "<svc>", "<q>"):
        assert raw not in mail.html
    for text in (mail.html, mail.text, mail.subject):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert mail.text.count("\u2068") == mail.text.count("\u2069") > 0
    assert "{{ 7*7 }}" in mail.text
    [post] = posts_of(alerts.HOSTILE, entry(locale)).posts
    assert "<!channel>" not in json.dumps([one for one in post["blocks"] if one["type"] != "rich_text"])
    assert "mrkdwn" not in json.dumps(post)


def test_an_alert_storm_is_cut_and_says_where_the_rest_is() -> None:
    content = storm(2_000)
    mail = mail_of(content, entry())
    assert len(mail.html.encode()) < HTML_BUDGET
    assert len(mail.text.encode()) < 100_000
    assert mail.subject.startswith("Stalled: 2,000 deals, ")
    assert "1,950 more not listed here. “funnelbeat alerts list” names them all." in " ".join(mail.text.split())
    assert "in the attached CSV" in mail_of(content, entry(), (CSV,)).text
    [post] = posts_of(content, entry()).posts
    assert check(post) == ()
    assert "more not listed here" in json.dumps(post)


@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
@pytest.mark.parametrize("reason", [AlertReason.NEW, AlertReason.NO_DATA])
def test_news_of_a_thousand_rules_fit_and_the_rules_without_a_part_are_counted(
    locale: str, reason: AlertReason
) -> None:
    content = storm(5_000)
    rules = [replace(RULE, id=f"rule-{at}", name=f"Rule {at}") for at in range(1_000)]
    found = [replace(one, rule=f"rule-{at % 1_000}", reason=reason) for at, one in enumerate(content.findings)]
    content = replace(content, rules=tuple(rules), findings=tuple(found))
    mail = mail_of(content, entry(locale))
    assert len(mail.html.encode()) < HTML_BUDGET
    assert len(mail.text.encode()) < 100_000
    [post] = posts_of(content, entry(locale)).posts
    assert check(post) == ()
    text = " ".join(mail.text.replace("\u00a0", " ").split())
    if locale == "en_GB" and reason is AlertReason.NEW:
        assert "980 MORE RULES 4,900 more not listed here." in text
        assert "more not listed here" in json.dumps(post)


def test_a_program_is_sent_every_finding_of_a_storm() -> None:
    made = json_content(RenderRequest(storm(2_000), entry()), templates(None))
    assert len(json.loads(json_body(made, "webhook"))["data"]["findings"]) == 2_000


@pytest.mark.parametrize("name", sorted(ALERTS))
@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_a_post_keeps_the_limits(name: str, locale: str) -> None:
    [post] = posts_of(ALERTS[name], entry(locale)).posts
    assert check(post) == ()


def test_no_data_is_never_resolved() -> None:
    mail = mail_of(alerts.NO_DATA, entry())
    assert "What was open stays open. Nothing counts as resolved" in " ".join(mail.text.split())
    assert mail.subject.startswith("No data: ")
    assert "Resolved" not in mail.html


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("one", "Stalled: Halvorsen Marine, €52,000 · Tomás Herrera"),
        ("several", "Stalled: 2 deals, €102,500 · Tomás Herrera, Priya Nair"),
        ("worse", "Worse: Halvorsen Marine, €61,000 · 1 new, 1 repeat"),
        ("event", "Lost: Tallis & Rowe, €61,000 · Tomás Herrera · Big deal lost"),
        ("query", "Won share below target: Won and lost, 18.2%"),
        ("group", "New: Priya Nair, 5 deals · Owner with five stalled deals"),
    ],
)
def test_the_subject_says_who_how_much_and_whose(name: str, subject: str) -> None:
    assert AlertPage(ALERTS[name], EN).subject == subject


def test_the_sum_of_all_open_and_its_change_since_the_reader_was_told() -> None:
    page = AlertPage(WORSE, EN)
    assert (page.headline.replace("\u00a0", " "), page.amount) == ("1 worse, 1 new", "€176,500")
    assert page.amount_note.replace("\u00a0", " ").replace("\u2060", "") == "3 deals, +€74,000 since you were told"


def test_no_change_is_claimed_where_others_are_open_of_which_nothing_is_known() -> None:
    [rule] = WORSE.rules
    page = AlertPage(replace(WORSE, rules=(replace(rule, open=9),)), EN)
    assert page.amount_note.replace("\u00a0", " ") == "9 deals"


def test_amounts_of_several_currencies_are_never_added() -> None:
    page = AlertPage(alerts.CURRENCIES, EN)
    assert page.amount.replace("\u00a0", " ") == "€52,000, JP¥751,234,550, CHF 60,000.50"
    assert page.amount_note.replace("\u00a0", " ") == "in all, 1 without a value"
    assert "value at least 50,000." in page.why[0]
    assert [row.amount for row in page.groups[0].rows][-1] == "–"


def test_what_every_row_is_compared_with_is_said_once() -> None:
    page = AlertPage(alerts.ALERTS["several"], EN)
    assert [row.why for row in page.groups[0].rows] == ["no contact attempt", "no update"]
    assert page.amount_note.replace("\u00a0", " ") == "in all, value at least €50,000 each"
    assert all("value at least €50,000" in line.replace("\u00a0", " ") for line in page.why)


def test_a_rise_of_the_severity_is_said() -> None:
    one = finding(HALVORSEN, AlertReason.WORSE, told=HALVORSEN.amount, severity=Severity.CRITICAL)
    page = AlertPage(notification((one,)), EN)
    assert page.amount_note == "was Warning, now Critical"


def test_one_that_waited_and_is_over_says_from_when_to_when() -> None:
    row = AlertPage(alerts.CARRIED, EN).groups[0].rows[-1]
    assert row.word == "Over"
    assert (
        row.why
        == "was open since Mon\u00a016\u00a0Nov, 20:05\u00a0CET, over since Tue\u00a017\u00a0Nov, 11:05\u00a0CET"
    )
    assert "found Mon\u00a016\u00a0Nov, 20:05\u00a0CET" in row.detail


def test_more_than_five_open_ones_are_counted() -> None:
    [group] = AlertPage(alerts.CLEARED_ONE, EN).groups
    assert (len(group.open), group.rest.replace("\u00a0", " ")) == (5, "7 more open")


def test_an_event_without_a_class_says_what_happened_to_the_row() -> None:
    [one] = alerts.EVENT.findings
    page = AlertPage(replace(alerts.EVENT, findings=(replace(one, clauses=one.clauses[1:]),)), EN)
    assert page.subject == "Removed: Tallis & Rowe, €61,000 · Tomás Herrera · Big deal lost"


def test_a_subject_without_a_name_and_an_owner_is_not_nothing() -> None:
    nobody = SubjectFacts("", "", Amount(Kind.INT, 7), count=7, cells={"owner_id": ""})
    rule = replace(RULE, form=Form.GROUPS, name="Owners")
    page = AlertPage(notification((finding(nobody),), (rule,)), EN)
    assert page.headline == "No owner"
    assert AlertPage(notification((finding(replace(nobody, cells={})),), (rule,)), DE).headline == "Nicht bekannt"


READ = Operand("row.value", Kind.MONEY, 5_200_000, "EUR")
OWNER = Operand("row.owner", Kind.TEXT, None)
SHARE = Operand('now["won.share"]', Kind.RATIO, 0.18)


@pytest.mark.parametrize(
    ("clause", "words"),
    [
        (ClauseResult("row.value >= 50000", True, (READ,), ">=", "50000"), "value at least €50,000"),
        (ClauseResult("!row.stalled", True, (Operand("row.stalled", Kind.BOOL, False),)), "not stalled"),
        (ClauseResult("was == null", True, (), "==", "null"), "not listed before"),
        (ClauseResult("row.owner == null", True, (OWNER,), "==", "null"), "owner not known"),
        (ClauseResult('row.owner != "Bo"', True, (OWNER,), "!=", "Bo"), "owner is not Bo"),
        (
            ClauseResult('row.owner in ["Ann B", "Bo"]', True, (OWNER,)),
            "owner is one of Ann B, Bo",
        ),
        (
            ClauseResult(
                'row.expected_close < date("2026-12-01")',
                True,
                (Operand("row.expected_close", Kind.DATE, "2026-11-09"),),
                "<",
                "2026-12-01",
            ),
            "closing date before 1\u00a0Dec",
        ),
        (ClauseResult("row.value > was.value", True, (READ, replace(READ, name="was.value"))), "row.value > was.value"),
        (
            ClauseResult('row.title.matches("<b>")', True, (Operand("row.title", Kind.TEXT, "x"),)),
            'row.title.matches("<b>")',
        ),
        (
            ClauseResult('now["won.share"] < 0.25', True, (SHARE,), "<", "0.25"),
            "won, share below 25.0%",
        ),
    ],
)
def test_a_clause_in_words(clause: ClauseResult, words: str) -> None:
    rule = replace(RULE, condition=f"({clause.text}) || false", stalled=False)
    page = AlertPage(notification((finding(HALVORSEN, found=(clause,)),), (rule,)), EN)
    assert page.rule_lines == (f"Rule “Big deal stalled”: ({words}) or false.",)


def test_why_names_both_values_where_a_rule_compares_two() -> None:
    clause = ClauseResult("row.value > was.value", True, (READ, Operand("was.value", Kind.MONEY, 4_000_000, "EUR")))
    rule = replace(RULE, stalled=False)
    page = AlertPage(notification((finding(HALVORSEN, found=(clause,)),), (rule,)), EN)
    assert page.amount_note == "value €52,000, value before €40,000"


def test_a_repeat_that_changed_says_both() -> None:
    one = finding(HALVORSEN, AlertReason.REPEAT, since=SLOT - timedelta(days=7), told=euros(5_000_000))
    [row] = AlertPage(replace(WORSE, findings=(one, *WORSE.findings[1:])), EN).groups[0].repeats[:1]
    assert row.why.replace("\u2060", "") == "was €50,000, +€2,000; told Tue\u00a010\u00a0Nov"


def test_a_project_replaces_one_block_of_an_alert() -> None:
    own = {
        "alert/email.txt.j2": '{% extends "shipped/alert/email.txt.j2" %}{% block footer %}Ask revops.{% endblock %}'
    }
    text = mail_of(ONE, entry(), overrides=own).text
    assert text.endswith("Ask revops.\n")
    assert "Halvorsen Marine" in text


def test_templates_name_no_class_that_the_style_sheet_lacks() -> None:
    folder = Path(__file__).parents[2] / "templates"
    sheet = (folder / "shared/email.css.j2").read_text("utf-8") + (folder / "alert/email.html.j2").read_text("utf-8")
    tones = {row.tone for content in ALERTS.values() for group in AlertPage(content, EN).groups for row in group.rows}
    assert {tone for tone in tones if f".{tone}" not in sheet} == set()


@pytest.mark.parametrize("name", sorted(ALERTS))
@pytest.mark.parametrize("locale", ["en_GB", "de_DE"])
def test_no_message_names_a_rule_by_its_id(name: str, locale: str) -> None:
    """A reader knows the rule's title; the id is for people who edit definitions."""
    titled = tuple(replace(rule, name="Große Abschlüsse") for rule in ALERTS[name].rules)
    mail = mail_of(replace(ALERTS[name], rules=titled), entry(locale), linked=True)
    posts = repr(posts_of(replace(ALERTS[name], rules=titled), entry(locale)))
    for rule in titled:
        assert rule.id not in mail.subject + mail.html + mail.text + posts


@pytest.mark.parametrize(("locale", "words"), [("en_GB", "Closing date: Fri 11 Dec"), ("de_DE", "Fr. 11. Dez.")])
def test_the_closing_date_of_a_deal_has_its_weekday(locale: str, words: str) -> None:
    assert words in mail_of(ALERTS["one"], entry(locale)).text.replace("\u00a0", " ")


def test_a_closing_date_that_is_no_date_stands_as_the_service_wrote_it() -> None:
    facts = replace(ONE.findings[0].facts, cells={**ONE.findings[0].facts.cells, "expected_close": "soon <b>"})
    told = replace(ONE, findings=(replace(ONE.findings[0], facts=facts),))
    assert "soon <b>" in mail_of(told, entry()).text

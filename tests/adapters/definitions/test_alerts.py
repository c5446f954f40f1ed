"""`alerts:` and `inhibit:`: what is read, and what is refused where it stands."""

import pytest

from tests.adapters.definitions.alert_example import ALERTS, LINES, WITH_ALERTS
from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import PROJECT, WEEKLY
from worker.adapters.bundle_codec import decode, encode
from worker.adapters.definitions.load import Loaded
from worker.domain.alert.rule import ChangeKind, Form, Grouping, Inhibition, NoData, Rule, Severity
from worker.domain.schedule import Schedule

SCHEDULE = "schedules/weekly.yaml"


GREW = "row.confidence > was.confidence && row.confidence - was.confidence >= 20"
FELL = "row.confidence < was.confidence && was.confidence - row.confidence >= 20"
GREW_OR_FELL = f"(({GREW}) || ({FELL}))"


def schedule(loaded: Loaded) -> Schedule:
    assert [str(one) for one in loaded.complaints] == []
    assert loaded.bundle is not None
    return loaded.bundle.schedules["weekly"]


def rule(loading: Load, words: str) -> Rule:
    return schedule(loading({SCHEDULE: f"{WEEKLY}alerts:\n  - {{id: one, {words}}}\n"})).alerts[0]


def test_every_form_is_read(loading: Load) -> None:
    made = schedule(loading({SCHEDULE: WITH_ALERTS}))
    stalled, five, lost, few, people = made.alerts
    assert stalled == Rule(
        id="big-stalled",
        name="Big deals that stall",
        form=Form.ROWS,
        query="deals",
        condition='row.stalled && row.currency == "EUR" && row.value >= 50000',
        until="!row.stalled || row.value < 45000",
        pending=7200,
        keep_firing=3600,
        repeat=86_400,
        severities={Severity.CRITICAL: "row.value >= 200000"},
        labels={"team": "sales"},
        group=Grouping.RULE,
        notify=("team", "boss"),
        no_data=NoData.ALERT,
        after=5,
    )
    assert (five.form, five.by, five.severity, five.resolved) == (Form.GROUPS, "owner_id", Severity.CRITICAL, False)
    assert (lost.form, lost.change, lost.event, lost.repeat) == (Form.CHANGES, ChangeKind.REMOVED, True, None)
    assert (few.form, few.query, few.name) == (Form.QUERY, "funnel", "Few")
    assert (people.form, people.query, people.table) == (Form.ROWS, "funnel", "users")
    assert made.inhibit == (Inhibition("five", "big-stalled", ("owner",)),)
    assert [(one.id, one.address) for one in made.notify] == [("boss", "boss@acme.example")]
    assert [one.id for one in made.entries] == ["team", "chat:room" if made.to[1].id != "room" else "room", "boss"]


def test_the_example_has_no_warning_and_survives_the_bundle(loading: Load) -> None:
    loaded = loading({SCHEDULE: WITH_ALERTS})
    assert loaded.warnings == ()
    assert loaded.bundle is not None
    assert decode(encode(loaded.bundle)) == loaded.bundle
    assert "acme.example" in loaded.bundle.allow


def test_a_bundle_of_an_older_version_has_no_alerts(loading: Load) -> None:
    loaded = loading({SCHEDULE: WEEKLY})
    assert loaded.bundle is not None
    data = encode(loaded.bundle)
    older = data.replace(b'"alerts":[],', b"").replace(b'"inhibit":[],', b"").replace(b'"notify":[],', b"")
    lost = len(data) - len(older)
    assert lost > 0
    body = next(line for line in data.split(b"\n") if b'"alerts":[]' in line)
    listed = older.replace(str(len(body)).encode(), str(len(body) - lost).encode(), 1)
    assert decode(listed).schedules["weekly"] == loaded.bundle.schedules["weekly"]


def test_a_schedule_may_hold_only_a_report_and_alerts(loading: Load) -> None:
    text = WEEKLY.partition("digest:")[0]
    words = "{id: one, for_each: deals, if: row.stalled, notify: {channel: email, address: boss@acme.example}}"
    loaded = loading({SCHEDULE: f"{text}alerts:\n  - {words}\n"})
    made = schedule(loaded)
    assert (made.to, loaded.warnings) == ((), ())
    assert made.alerts[0].notify == ("email:boss@acme.example",)


def test_a_digest_may_wait_for_alerts(loading: Load) -> None:
    schedule(loading({SCHEDULE: WITH_ALERTS.replace("send: always", "send: on_alert")}))


@pytest.mark.parametrize(
    ("words", "form", "condition"),
    [
        ("on: funnel, rule: threshold, of: won.share, below: 20%", Form.QUERY, 'now["won.share"] < 0.2'),
        (
            "on: deals, rule: threshold, of: rows, below: 5, above: 50",
            Form.QUERY,
            "(now.rows > 50 || now.rows < 5)",
        ),
        (
            "for_each: deals, rule: threshold, of: value, currency: EUR, above: 50000",
            Form.ROWS,
            'row.currency == "EUR" && row.value > 50000',
        ),
        (
            "for_each: {rows: deals, by: stage}, rule: threshold, of: value, currency: EUR, above: 5",
            Form.GROUPS,
            'group.value["EUR"] > 5',
        ),
        (
            "on: deals, rule: change, of: value, currency: EUR, by: 10%, direction: down",
            Form.QUERY,
            'now.value["EUR"] < was.value["EUR"] && was.value["EUR"] - now.value["EUR"] >= was.value["EUR"] * 0.1',
        ),
        (
            "on: funnel, rule: change, of: won.count, by: 3, direction: up, against: comparison",
            Form.QUERY,
            'now["won.count"] > compared["won.count"] && now["won.count"] - compared["won.count"] >= 3',
        ),
        (
            "for_each: deals, rule: change, of: confidence, by: 20",
            Form.CHANGES,
            GREW_OR_FELL,
        ),
        (
            "for_each: deals, rule: newly_stalled, above: 50000, currency: EUR",
            Form.CHANGES,
            'row.stalled && !was.stalled && row.currency == "EUR" && row.value > 50000',
        ),
        ("on: funnel, rule: no_data", Form.QUERY, "now.rows < 0"),
    ],
)
def test_a_ready_made_rule_is_one_of_the_forms(words: str, form: Form, condition: str, loading: Load) -> None:
    made = rule(loading, words)
    assert (made.form, made.condition) == (form, condition)
    assert made.ready_made == words.partition("rule: ")[2].partition(",")[0]


def test_the_end_of_a_change_since_the_answer_before_is_no_news(loading: Load) -> None:
    assert not rule(loading, "on: deals, rule: change, of: rows, by: 1").resolved
    assert rule(loading, "on: funnel, rule: change, of: won.count, by: 1, against: comparison").resolved


def test_a_query_without_data_is_told_to_readers_too(loading: Load) -> None:
    assert rule(loading, "on: funnel, rule: no_data").no_data is NoData.ALERT


def test_newly_stalled_in_a_list_of_stalled_deals_is_a_row_that_joined(loading: Load) -> None:
    """The made-up shop's lists hold all deals, so that a real source is asked."""
    assert rule(loading, "for_each: deals, rule: newly_stalled").change is ChangeKind.CHANGED


BROKEN = [
    # what is replaced, by what, line within `alerts:`, column, what is said
    ("for_each: deals\n", "for_each: dela\n", 4, 15, '`for_each` with "dela", which is no item of `report`; did you'),
    ("    for_each: deals\n", "", 2, 5, "an alert without `for_each` and `on`; write `for_each: QUERY`"),
    ("for_each: deals\n", "for_each: deals\n    on: deals\n", 5, 5, "`on` beside `for_each`; keep one of the two"),
    ("for_each: deals\n", "for_each: funnel\n", 4, 15, "`funnel`, which is no list; write `funnel.TABLE`"),
    ("for_each: deals\n", "for_each: deals.added\n", 6, 5, "`until` for `deals.added`, which is reported once"),
    ("for_each: deals\n", "for_each: deals.added\n", 7, 5, "`for` for `deals.added`, which is reported once"),
    ("by: owner}", "by: ovner}", 17, 33, '`by` with "ovner", which is no column; did you mean `owner`?'),
    ("by: owner}", "by: value}", 17, 33, '`by` with "value", which holds no text and no id'),
    ("id: five", "id: big-stalled", 16, 9, 'the alert id "big-stalled" for the second time (first in line 21)'),
    ("id: five", "id: a five", 16, 9, 'the id "a five"; use letters'),
    ("for: 2h", "for: 8d", 7, 10, '`for` with "8d"; write a duration of at least 1s and at most 1w'),
    ("repeat: 1d", "repeat: daily", 9, 13, "'daily' is not a duration"),
    (
        "{critical: row.value",
        "{kritical: row.value",
        10,
        16,
        "`kritical`, which is no severity; did you mean `critical`?",
    ),
    (
        "severity: critical",
        "severity: bad",
        19,
        15,
        '`severity` with "bad"; write info, warning or critical, or `{crit',
    ),
    ("team: sales}", "owner: sales}", 11, 14, "the label `owner`, which every alert has"),
    ("[team, {id", "[taem, {id", 13, 14, '`notify` with "taem", which is no entry; did you mean `team`?'),
    (
        "notify: [team, {id",
        "notify: [ann@acme.example, {id",
        13,
        14,
        "which is no entry; write the entry itself, as {channel: email, address: ann@acme.example}",
    ),
    (
        "notify: [team, {id",
        "notify: [team, {send: always, id",
        13,
        21,
        "`send` in `notify`, whose entries get no digest",
    ),
    ("{id: boss,", "{id: team,", 13, 20, "the entry id `team`, which another entry has"),
    ("group: rule", "group: all", 12, 12, '`group` with "all"; write one of rule or run'),
    ("no_data: alert", "no_data: alarm", 14, 14, '`no_data` with "alarm"; did you mean `alert`?'),
    ("after: 5", "after: 5000", 15, 12, "`after: 5000`; write at most 1000"),
    (
        "row.value >= 50000",
        "row.valu >= 50000",
        5,
        9,
        "`if` at character 45: row.valu, which is no column; did you mean",
    ),
    ("row.value >= 50000", 'row.value >= "x"', 5, 9, "row.value, which holds a number, against text; write a number"),
    ("row.value < 45000", "row.value < now", 6, 12, "`until` at character 17: now, which is not known here"),
    (
        "row.value >= 200000",
        "group.count > 1",
        10,
        26,
        "`critical`: the condition uses no `row` or `was` or `measures`; write a condition, such as row",
    ),
    ('group.value["EUR"] > 100000', 'group.value["EUR"] > group.value["USD"]', 18, 9, "in another currency"),
    ('now["won.count"] < 5', 'now["won.count"] < "5"', 24, 31, "which holds a number, against text"),
    ("source: five", "source: fife", 27, 14, '`source` with "fife", which is no alert of this schedule; did you'),
    ("target: big-stalled", "target: five", 27, 28, "`target: five`, which is its own source"),
    ("equal: owner", "equal: ovner", 27, 48, '`equal` with "ovner", which is no column and no label; did you mean'),
    (
        "for_each: deals\n",
        "for_eech: deals\n",
        4,
        5,
        "`for_eech`, which an alert does not have; did you mean `for_each`?",
    ),
    ("if: change.why", "iff: change.why", 23, 5, "`iff`, which an alert does not have"),
    ("resolved: false", "by: 5", 20, 5, "`by` without `rule`; leave it out; it belongs to `rule: change`"),
    ("resolved: false", "rule: threshold", 18, 5, "`if` beside `rule: threshold`; keep one of the two"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "column", "sentence"), BROKEN)
def test_what_is_wrong_is_said_where_it_stands(
    right: str, wrong: str, line: int, column: int, sentence: str, loading: Load
) -> None:
    assert right in ALERTS
    loaded = loading({SCHEDULE: WEEKLY + ALERTS.replace(right, wrong, 1)})
    said = {str(one) for one in loaded.complaints}
    place = f"{SCHEDULE}:{LINES + line}:{column}: "
    assert any(one.startswith(place) and sentence in one for one in said), (place, said)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("on: deals", "an alert without `if`; write a condition"),
        (
            "on: deals, if: row.value > 50000",
            'such as now.value["EUR"] < 100000 (`row` needs a rule with `for_each`)',
        ),
        ("for_each: deals, if: row.stalled, notify: []", "`notify` with nobody; name an entry"),
        ("for_each: deals, rule: threshold, above: 5", "`rule: threshold` without `of`"),
        ("for_each: deals, rule: threshold, of: value", "`rule: threshold` without `above` or `below`"),
        ("on: deals, rule: threshold, of: value, above: 5", "`of: value` without `currency`; write `currency: EUR`"),
        ("for_each: deals, rule: threshold, of: valu, above: 5", "`rule` at character 5: row.valu, which is no column"),
        ("for_each: deals, rule: threshold, of: value, above: '50,000'", '`above` with "50,000"; write a number in'),
        ("for_each: deals, rule: change, of: value", "`rule: change` without `by`"),
        ("for_each: deals, rule: change, of: value, by: -5", '`by` with "-5"; write more than 0'),
        (
            "for_each: deals, rule: change, of: value, by: 5, against: comparison",
            "`against: comparison` with `for_each`; write `on: QUERY`",
        ),
        ("for_each: deals, rule: change, of: value, by: 5, until: row.stalled", "`until` for `deals.changed`"),
        ("for_each: deals., if: row.stalled", '`for_each` with "deals.", which names no table; write `deals`'),
        ("for_each: deals, if: row.stalled, labels: {owner_id: x}", "the label `owner_id`, which every alert has"),
        ("for_each: deals, if: row.stalled, labels: {pipeline: x}", "the label `pipeline`, which every alert has"),
        ("for_each: deals, rule: threshold, of: value > 1 || row.value, above: 5", "`of` with "),
        (
            "for_each: deals, if: row.stalled, notify: {id: 'alert:x', channel: email, address: a@acme.example}",
            'the id "alert:x": notifications have ids with `alert:`; choose another',
        ),
        (
            "for_each: deals, if: row.stalled, notify: {id: 'cc:x', channel: email, address: a@acme.example}",
            'the id "cc:x": addresses in `cc` have ids with `cc:`; choose another',
        ),
        ("on: deals, rule: newly_stalled", "`rule: newly_stalled` for anything but the rows of a list of deals"),
        ("for_each: deals, rule: no_data", "`rule: no_data` with `for_each`; write `on: deals`"),
        ("for_each: deals, rule: thresh, of: value, above: 1", '`rule` with "thresh"; did you mean `threshold`?'),
        ("for_each: deals, rule: newly_stalled, currency: euro", '`currency` with "euro"; write a code of three'),
    ],
)
def test_a_rule_that_cannot_be_is_refused(words: str, sentence: str, loading: Load) -> None:
    loaded = loading({SCHEDULE: f"{WEEKLY}alerts:\n  - {{id: one, {words}}}\n"})
    assert [sentence for one in loaded.complaints if sentence in str(one)] == [sentence], loaded.complaints
    assert len(loaded.complaints) == 1, loaded.complaints


@pytest.mark.parametrize("change", ["added", "removed", "changed"])
def test_nothing_joins_or_leaves_a_part_of_a_list(change: str, loading: Load) -> None:
    cut = WEEKLY.replace("    follow: closed\n", "").replace("status_type: active}", "status_type: active, _limit: 5}")
    cut = cut.replace("bridge: deals, ", "")
    loaded = loading({SCHEDULE: f"{cut}alerts:\n  - {{id: one, for_each: deals.{change}, if: row.stalled}}\n"})
    (found,) = loaded.complaints
    assert f"`deals.{change}`, while `_limit` cuts the list" in str(found)


def test_an_alert_that_tells_nobody_is_refused(loading: Load) -> None:
    nobody = WEEKLY.partition("to:\n")[0] + "alerts:\n  - {id: one, for_each: deals, if: row.stalled}\n"
    (found,) = loading({SCHEDULE: nobody}).complaints
    assert "an alert that notifies nobody: there is no entry in `to`" in str(found)
    filtered = WEEKLY.replace("send: always}", "send: always, rows: row.stalled}")
    (found,) = loading({SCHEDULE: f"{filtered}alerts:\n  - {{id: one, on: deals, if: now.rows > 5}}\n"}).complaints
    assert "it is about all of `deals`, and its readers see some rows; write `team_totals: true`" in str(found)
    seen = filtered.replace("{channel: room}", "{channel: room, team_totals: true}")
    schedule(loading({SCHEDULE: f"{seen}alerts:\n  - {{id: one, on: deals, if: now.rows > 5}}\n"}))


def test_rows_without_owners_have_no_reader_for_each_owner(loading: Load) -> None:
    each = WEEKLY + "  - {id: owners, channel: email, each: owner}\n"
    words = "alerts:\n  - {id: one, for_each: funnel.users, if: row.count > 1, notify: owners}\n"
    (found,) = loading({SCHEDULE: each + words}).complaints
    assert "`notify` with `owners`, one reader for each owner, while `funnel` lists no deals" in str(found)


@pytest.mark.parametrize(
    ("words", "warned"),
    [
        ("for_each: deals, if: row.value > 5", True),
        ("for_each: deals.changed, if: row.stalled && row.annual > was.annual", True),
        ('for_each: deals, if: row.value > 5 && row.currency == "EUR"', False),
        ("for_each: deals, if: row.value == null", False),
        ("for_each: {rows: deals, by: currency}, if: group.count > 5", False),
        ("for_each: deals, rule: threshold, of: value, above: 5", True),
    ],
)
def test_money_compared_without_a_currency_is_a_warning(words: str, warned: bool, loading: Load) -> None:
    loaded = loading({SCHEDULE: f"{WEEKLY}alerts:\n  - {{id: one, {words}}}\n"})
    schedule(loaded)
    said = [str(one) for one in loaded.warnings]
    assert [("without a currency: the list may hold several" in one) for one in said] == [True] * warned


def test_an_address_of_notify_must_be_allowed_too(loading: Load) -> None:
    project = PROJECT + "subscriptions: {allow: [acme.example]}\n"
    text = WITH_ALERTS.replace("boss@ACME.example", "boss@other.example")
    (found,) = loading({SCHEDULE: text, "funnelbeat.yaml": project}).complaints
    assert (found.line, found.column) == (LINES + 13, 56)
    assert "boss@other.example, which `subscriptions.allow` of funnelbeat.yaml does not let pass" in str(found)


DECLARED = WEEKLY.replace("digest:", "  - {id: sold, source: shop, query: sales}\ndigest:", 1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ('for_each: sold.clerks, if: \'row.clerk == "Ann" && row.sold < 5 && measures["total.count"] > 1\'', ""),
        ("on: sold, if: 'now[\"total.share\"] < 0.2'", ""),
        (
            "for_each: sold.clerk, if: row.sold < 5",
            "whose answer has no table of this name; did you mean `sold.clerks`?",
        ),
        ("for_each: sold.clerks, if: row.sald < 5", "row.sald, which is no column; did you mean sold?"),
        ("for_each: sold.clerks, if: row.clerk < 5", "row.clerk, which holds text, against a number"),
        ("on: sold, if: 'now[\"total.cuont\"] < 5'", "total.cuont, which is no key of now; did you mean total.count?"),
        ("on: sold, rule: threshold, of: total.cuont, above: 5", "total.cuont, which is no key of now"),
    ],
)
def test_measures_and_tables_that_a_source_declares_are_checked(words: str, sentence: str, loading: Load) -> None:
    loaded = loading({SCHEDULE: f"{DECLARED}alerts:\n  - {{id: one, {words}}}\n"})
    assert [sentence in str(one) for one in loaded.complaints] == ([True] if sentence else []), loaded.complaints


def test_an_entry_that_is_named_after_a_channel_called_alert_needs_an_id(loading: Load) -> None:
    """Its readers would be taken for those of notifications, and their digests for notifications."""
    project = PROJECT.replace("  room: {", "  alert: {")
    named = WEEKLY.replace("{channel: room}", "{channel: alert, ID}")
    files = {"funnelbeat.yaml": project, SCHEDULE: named.replace(", ID", "")}
    addressed = WEEKLY.replace("channel: email, address", "channel: alert, address").replace("id: team, ", "")
    mail = PROJECT.replace("  email:", "  alert:")
    said = loading({"funnelbeat.yaml": mail, SCHEDULE: addressed}).complaints
    assert any('the id "alert:sales@acme.example"' in str(one) and "give the entry an `id`" in str(one) for one in said)
    assert loading(files).complaints == ()


def test_a_rule_names_the_id_that_it_had_before(loading: Load) -> None:
    assert rule(loading, "previously: old, for_each: deals, if: row.value >= 5").previously == "old"


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("two", "", "`previously: two`, while there is an alert `two`"),
        ("one", "", "`previously: one`, while there is an alert `one`"),
        ("old", "old", "`previously: old` for the second time"),
        ("an id", "", '`previously` with "an id", which can be no id'),
    ],
)
def test_an_id_of_before_that_somebody_has_or_that_two_rules_want_is_refused(
    first: str, second: str, sentence: str, loading: Load
) -> None:
    ids = {"one": first, "two": second}
    named = [(name, f"previously: '{was}', " if was else "") for name, was in ids.items()]
    rules = [f"{{id: {name}, {was}for_each: deals, if: row.value >= 5}}" for name, was in named]
    loaded = loading({SCHEDULE: WEEKLY + "alerts:\n" + "".join(f"  - {one}\n" for one in rules)})
    [told] = [str(one) for one in loaded.complaints]
    assert sentence in told

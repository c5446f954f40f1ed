"""Kinds of broken definition: each is found at its place, and mending just that makes the project clean."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import GOOD, PROJECT, WEEKLY


@dataclass(frozen=True)
class Broken:
    """`right` in the file of GOOD is replaced by `wrong`; the complaint points at `at`, a piece of the broken file."""

    name: str
    right: str
    wrong: str
    at: str
    found: str
    expected: str
    file: str = "schedules/weekly.yaml"


PROJECT_FILE = "funnelbeat.yaml"

BROKEN = [
    Broken(
        "a spread of half the interval",
        "name: Weekly\n",
        "name: Weekly\nspread: 3d12h\n",
        "3d12h",
        "`spread` of 3d12h, where two slots lie at least a day apart",
        "write at most 11h59m59s",
    ),
    Broken(
        "a spread that an interval leaves no room for",
        'when: {cron: "0 9 * * MON", timezone: America/New_York, catch_up: latest}\n',
        "when: {every: 2s}\nspread: 1s\n",
        "1s\nreport",
        "two slots lie 2s apart",
        "leave it out",
    ),
    Broken(
        "an end before the start",
        "name: Weekly\n",
        "name: Weekly\nstart: 2026-11-24\nend: 2026-11-24T00:00\n",
        "2026-11-24T00:00",
        "`end` that is not after `start`",
        "write a later instant",
    ),
    Broken(
        "a start that is no instant",
        "name: Weekly\n",
        "name: Weekly\nstart: next monday\n",
        "next monday",
        '`start` with "next monday"',
        "write a date such as",
    ),
    Broken(
        "a start inside when",
        "catch_up: latest}",
        "start: 2026-11-24}",
        "start:",
        "`start` inside `when`",
        "beside `when:`",
    ),
    Broken(
        "a word for paused that YAML 1.2 does not know",
        "name: Weekly\n",
        "name: Weekly\npaused: yes\n",
        "yes",
        '`paused` with "yes"',
        "write true or false",
    ),
    Broken(
        "an old id that can be none",
        "name: Weekly\n",
        "name: Weekly\npreviously: Weekly Report\n",
        "Weekly Report",
        "which can be no id",
        "the path below schedules/",
    ),
    Broken(
        "its own id as the old one",
        "name: Weekly\n",
        "name: Weekly\npreviously: weekly\n",
        "previously",
        "the schedule's own id",
        "leave it out",
    ),
    Broken("an unknown key of a schedule", "name: Weekly", "nmae: Weekly", "nmae", "`nmae`", "did you mean `name`?"),
    Broken("an unknown key of an item", "    window:", "    windw:", "windw", "`windw`", "`window`"),
    Broken(
        "an unknown connection",
        "source: shop\n    query: shop_",
        "source: shpo\n    query: shop_",
        "shpo",
        '"shpo"',
        "write `shop`|did you mean `shop`",
    ),
    Broken(
        "an unknown query", "query: shop_totals", "query: shop_total", "shop_total", '"shop_total"', "`shop_totals`"
    ),
    Broken("an unknown parameter", "{shop: shop_1, type", "{shp: shop_1, type", "shp", "`shp`", "`shop`|write `shop"),
    Broken(
        "a missing parameter",
        "{shop: shop_1, type",
        "{type",
        "params: {type",
        "without its parameter `shop`",
        "write `shop: …`",
    ),
    Broken("a word that a parameter does not know", "type: active}", "type: activ}", "activ}", '"activ"', "`active`"),
    Broken(
        "a rule between parameters",
        "type: active}",
        "type: active, cohort_relative_range: x}",
        "cohort_rel",
        "beside `type: active`",
        "leave it out",
    ),
    Broken(
        "the cron line itself",
        '{cron: "0 9 * * MON", timezone: America/New_York, catch_up: latest}',
        '"0 9 * * MON"',
        '"0 9 * * MON"',
        '`when` with "0 9 * * MON"',
        'write `{cron: "0 9 * * MON"}`, `{every: 15m}`',
    ),
    Broken("days in words", "window: last-week", "window: last-14-days", "last-14", "is no window", "mean `last-14d`?"),
    Broken("days alone", "window: last-week", "window: 7d", "7d", "is no window", "did you mean `last-7d`?"),
    Broken(
        "an unknown window",
        "window: last-week",
        "window: last-weak",
        "last-weak",
        '"last-weak"',
        "did you mean `last-week`?",
    ),
    Broken(
        "a windowed query without window",
        "    window: last-week\n    compare: previous\n",
        "",
        "query: shop_totals",
        "without a stretch of time",
        "write `window:`",
    ),
    Broken(
        "ranges as they are written, and none is",
        "    window: last-week\n    compare: previous\n",
        "    ranges: as_written\n",
        "query: shop_totals",
        "without a stretch of time",
        "write `cohort_relative_range` or `report_datetime_range` under `params:`, or leave out `ranges`",
    ),
    Broken(
        "a comparison beside ranges as they are written",
        "    window: last-week\n    compare: previous\n",
        "    ranges: as_written\n    compare: previous\n",
        "compare",
        "`compare` without `window`",
        "leave it out",
    ),
    Broken(
        "a window on a live query",
        "follow: closed",
        "window: last-week",
        "window: last-week\n    params: {shop: shop_1, status",
        "`window` beside `deals`",
        "leave it out",
    ),
    Broken(
        "compare without window",
        "    window: last-week\n",
        "",
        "compare: previous",
        "`compare` without `window`",
        "write `window:`",
    ),
    Broken(
        "an unknown comparison",
        "compare: previous",
        "compare: previos",
        "previos",
        '"previos"',
        "did you mean `previous`?",
    ),
    Broken(
        "follow beside what is no list",
        "compare: previous",
        "follow: closed",
        "follow: closed\n    params: {shop: shop_1, type",
        "`follow` beside",
        "leave it out",
    ),
    Broken(
        "the same item id twice",
        "id: funnel",
        "id: deals",
        "deals\n    source: shop\n    query: deals",
        "second time (first in line 4)",
        "rename one",
    ),
    Broken(
        "a bridge that names nothing", "bridge: deals", "bridge: deal", "deal, send", '"deal"', "did you mean `deals`?"
    ),
    Broken("a key that names nothing", "bridge: deals", "key: deal", "deal, send", '"deal"', "did you mean `deals`?"),
    Broken(
        "a key beside another bridge",
        "bridge: deals",
        "bridge: deals, key: funnel",
        "funnel, send",
        "beside",
        "keep one",
    ),
    Broken(
        "a column that deals do not have",
        "limit: 20}",
        "limit: 20, columns: [titel]}",
        "titel]",
        '"titel"',
        "did you mean `title`?",
    ),
    Broken("a bridge over totals", "bridge: deals", "bridge: funnel", "funnel, send", "no list", "whose query lists"),
    Broken(
        "a bridge over a slice",
        "status_type: active}",
        "status_type: active, _limit: 5}",
        "_limit",
        "`_limit` in `deals`",
        "leave it out",
    ),
    Broken(
        "a bridge over a list that is not followed",
        "follow: closed",
        "follow: none",
        "none",
        "`follow: none`",
        "`follow: closed`",
    ),
    Broken("an unknown column", "order_by: -value", "order_by: -valeu", "-valeu", '"-valeu"', "did you mean `value`?"),
    Broken(
        "a comparison with what never was",
        "window: last-week",
        "window: all-time",
        "previous",
        "nothing before window: all-time",
        "compare: none",
    ),
    Broken(
        "a bridge over a slice that is not followed for that reason",
        "follow: closed\n    params: {shop: shop_1, status_type: active}",
        "params: {shop: shop_1, _limit: 5}",
        "_limit",
        "`_limit` in `deals`",
        "leave it out",
    ),
    Broken(
        "no window, which a query's own rule minds too",
        "    window: last-week\n    compare: previous\n    params: {shop: shop_1, type: active}",
        "    params: {shop: shop_1, type: created}",
        "query: shop_totals",
        "without a stretch of time",
        "write `window:`",
    ),
    Broken(
        "an address that YAML takes for a comment",
        "{channel: room}",
        "{channel: room, address: #sales}",
        "address: #",
        "value that is missing",
        "in quotes",
    ),
    Broken("a name of two lines", "name: Weekly", 'name: "Weekly\\nBcc: x"', '"Weekly', "`name`", "on one line"),
    Broken(
        "a key of a trigger that stands beside it",
        "name: Weekly",
        "name: Weekly\ndebounce: 5m",
        "debounce",
        "`debounce`",
        "",
    ),
    Broken("a limit of nothing", "limit: 20", "limit: 0", "0}", '`limit` with "0"', "1 or more"),
    Broken("an unknown channel", "channel: room", "channel: rom", "rom}", '"rom"', "did you mean `room`?"),
    Broken(
        "a missing address", ", address: sales@ACME.example", "", "{id: team", "without `address`", "write `address: …`"
    ),
    Broken("an address that goes nowhere", "sales@ACME.example", "sales", "sales}", '"sales"', "write a mail address"),
    Broken(
        "an address beside a webhook",
        "{channel: room}",
        "{channel: room, address: C1}",
        "address: C1",
        "`address` beside `room`",
        "leave it out",
    ),
    Broken(
        "the same entry id twice",
        "{channel: room}",
        "{channel: room, id: team}",
        "team}",
        "entry id `team` for the second time",
        "of its own",
    ),
    Broken("an id that notices have", "id: team", "id: operator", "operator", "`operator`", "choose another"),
    Broken("both day fields", "0 9 * * MON", "0 9 1 * MON", '"0 9 1', "both set", r"write \* in one"),
    Broken("a sixth Monday", "0 9 * * MON", "0 9 * * MON#6", '"0 9', "'MON#6' in the weekday field", "MON#1 to MON#5"),
    Broken("a last day and a step", "0 9 * * MON", "0 9 L/2 * *", '"0 9', "'L/2' in the day of month", "LW"),
    Broken("a last day of a week", "0 9 * * MON", "0 9 * * L", '"0 9', "'L' in the weekday field", "FRI#L"),
    Broken("four cron fields", "0 9 * * MON", "0 9 * *", '"0 9 *', "4 fields", "five fields"),
    Broken(
        "cron and every",
        "timezone: America/New_York,",
        "every: 1h, timezone: America/New_York,",
        "every",
        "`every` beside `cron`",
        "keep one",
    ),
    Broken("no trigger", 'cron: "0 9 * * MON", ', "", "when", "without `cron`, `every` or `event`", "every: 15m"),
    Broken("every day by elapsed time", 'cron: "0 9 * * MON"', "every: 24h", "24h", "a day or more", "write cron:"),
    Broken(
        "an unknown zone", "America/New_York", "America/New_Yrok", "America/New_Yrok", "New_Yrok", "`America/New_York`"
    ),
    Broken(
        "an unknown word for catch_up",
        "catch_up: latest",
        "catch_up: lattest",
        "lattest",
        '"lattest"',
        "did you mean `latest`?",
    ),
    Broken(
        "a locale of another form", "send: always}", "send: always, locale: en-GB}", "en-GB", '"en-GB"', "write `en_GB`"
    ),
    Broken(
        "text where a list is due",
        "to:\n  - {id: team, channel: email, address: sales@ACME.example}\n  - {channel: room}",
        "to: room",
        "room",
        "`to` with text",
        "write a list",
    ),
    Broken(
        "an event of no connection",
        'cron: "0 9 * * MON"',
        "event: shpo.order.paid",
        "shpo",
        '`event` with "shpo", which is no connection',
        "`shop`",
    ),
    Broken(
        "a debounce without an event",
        "catch_up: latest}",
        "catch_up: latest, debounce: 5m}",
        "debounce",
        "`debounce` without `event`",
        "write `event:` too, or leave it out",
    ),
    Broken(
        "an answer that may be of any age",
        "follow: closed",
        "follow: closed\n    share_for: 8d",
        "8d",
        '`share_for` with "8d"',
        "write a duration of at least 1s and at most 7d",
    ),
    Broken(
        "a digest that waits for alerts where there are none",
        "send: always",
        "send: on_alert",
        "on_alert",
        "`send: on_alert` in a schedule without `alerts`",
        "write `alerts:`, or always or on_change",
    ),
    Broken(
        "an event without an action",
        'cron: "0 9 * * MON"',
        'event: shop.sold, cron: "0 9 * * MON"',
        "shop.sold",
        '`event` with "shop.sold"',
        "write CONNECTION.OBJECT.ACTION",
    ),
    Broken(
        "the same key twice",
        "name: Weekly\n",
        "name: Weekly\nname: Other\n",
        "name: Other",
        "second time (first in line 1)",
        "keep one",
    ),
    Broken("a tab", "digest: {template", "digest:\n\t{template", "\t", "a tab", "spaces"),
    Broken(
        "a stray star", 'cron: "0 9 * * MON"', "cron: '0 9 * * MON', every: * ", "* ,", r"starts with `\*`", "in quotes"
    ),
    Broken(
        "a reference outside of secrets",
        "name: Weekly",
        'name: "${SHELF_KEY}"',
        '"${SHELF_KEY}"',
        "a reference",
        "only secret options",
    ),
    Broken(
        "a duration without unit", "name: Weekly", "within: 30\nname: Weekly", "30", "'30' is not a duration", "90s"
    ),
    Broken(
        "an attachment of nothing",
        "{channel: room}",
        "{channel: room, attach: [funel]}",
        "[funel]",
        '"funel"',
        "`funnel`",
    ),
    Broken(
        "a type of later work",
        "type: shelf",
        "type: pipedrive",
        "pipedrive",
        "`type: pipedrive`: this version does not have Pipedrive yet",
        "write sandbox or shelf",
        PROJECT_FILE,
    ),
    Broken("an unknown type", "type: shelf", "type: shelve", "shelve", '"shelve"', "`shelf`", PROJECT_FILE),
    Broken(
        "an unknown option",
        "api_key:",
        "apikey: a, api_key:",
        "apikey",
        "`apikey`",
        "did you mean `api_key`?",
        PROJECT_FILE,
    ),
    Broken(
        "no key at all",
        'api_key: "${SHELF_KEY}"',
        "base_url: https://x.example",
        "shop",
        "none of api_key or access_token",
        "exactly one",
        PROJECT_FILE,
    ),
    Broken(
        "two keys",
        'api_key: "${SHELF_KEY}"',
        'api_key: "${SHELF_KEY}", access_token: "${A}"',
        "access_token",
        "`api_key` and `access_token`",
        "keep one",
        PROJECT_FILE,
    ),
    Broken(
        "a malformed reference",
        '"${SHELF_KEY}"',
        '"${SHELF_KEY"',
        '"${SHELF',
        "reference that is malformed",
        "close the reference",
        PROJECT_FILE,
    ),
    Broken(
        "a reference in an option that is no secret",
        "Reports <r@",
        "${WHO} <r@",
        '"${WHO}',
        "no secret option",
        "write the value itself",
        PROJECT_FILE,
    ),
    Broken(
        "a missing option",
        '    from: "Reports <r@acme.example>"\n',
        "",
        "email",
        "without `from`",
        "write `from: …`",
        PROJECT_FILE,
    ),
    Broken(
        "an option's rule",
        "smtp://reports@mail.acme.example:587",
        "http://mail",
        'url: "http',
        "another protocol",
        "smtps://",
        PROJECT_FILE,
    ),
    Broken(
        "no project",
        "project: acme-sales\n",
        "",
        "connections",
        "without `project`",
        "write `project: …`",
        PROJECT_FILE,
    ),
    Broken(
        "a project that no key can carry",
        "acme-sales",
        "Acme Sales",
        "Acme Sales",
        '"Acme Sales"',
        "lower-case",
        PROJECT_FILE,
    ),
    Broken(
        "a weekday that is none", "monday", "moonday", "moonday", '"moonday"', "did you mean `monday`?", PROJECT_FILE
    ),
    Broken(
        "a key of later work for the project",
        "project:",
        "retention: {}\nproject:",
        "retention",
        "`retention`, which this version does not have yet",
        "leave it out",
        PROJECT_FILE,
    ),
    Broken(
        "an operator without address", "ops@acme.example", "ops", "ops}", "no channel takes", "address", PROJECT_FILE
    ),
    Broken(
        "an operator through no channel",
        "ops@acme.example",
        "{channel: emial, address: ops@acme.example}",
        "emial, a",
        '"emial", which is no channel',
        "email",
        PROJECT_FILE,
    ),
    Broken(
        "an operator without an address where one is needed",
        "ops@acme.example",
        "{channel: email}",
        "{channel: email}}",
        "through `email` without `address`",
        "write `address: …`",
        PROJECT_FILE,
    ),
    Broken(
        "an operator with an address where the channel has its own",
        "ops@acme.example",
        "{channel: room, address: C1}",
        "{channel: room",
        "through `room` with `address`",
        "leave `address` out",
        PROJECT_FILE,
    ),
    Broken(
        "an operator at an address that its channel does not take",
        "ops@acme.example",
        "{channel: email, address: ops}",
        "ops}}",
        '`address` with "ops"',
        "",
        PROJECT_FILE,
    ),
    Broken(
        "an operator who is named twice",
        "ops@acme.example",
        "[ops@acme.example, {channel: email, address: ops@acme.example}]",
        "{channel: email, a",
        "the operator ops@acme.example twice",
        "keep one",
        PROJECT_FILE,
    ),
    Broken(
        "an operator that is a number of nothing",
        "ops@acme.example",
        "[[]]",
        "[]]",
        "`operator` with a list",
        "address",
        PROJECT_FILE,
    ),
    Broken(
        "a fiscal year that starts on no day",
        "week_start: monday",
        "fiscal_year_start: 02-29",
        "02-29",
        "'02-29' is not a day that every year has",
        "such as 04-01",
        PROJECT_FILE,
    ),
]


def _place(text: str, at: str) -> tuple[int, int]:
    """Line and column of the one place where `at` stands."""
    assert text.count(at) == 1, f"{at!r} stands {text.count(at)} times"
    before = text[: text.index(at)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_a_broken_definition_is_complained_about_where_it_is_broken(case: Broken, loading: Load) -> None:
    text = GOOD[case.file]
    broken = text.replace(case.right, case.wrong, 1)
    assert broken != text
    loaded = loading({case.file: broken})
    assert [str(c) for c in loaded.complaints] == [str(loaded.complaints[0])], "one fault, one complaint"
    complaint = loaded.complaints[0]
    assert (complaint.path, complaint.line, complaint.column) == (case.file, *_place(broken, case.at))
    assert case.found in complaint.found.replace("\\", "") or re.search(case.found, complaint.found)
    assert re.search(case.expected, complaint.expected) or case.expected in complaint.expected
    assert loaded.bundle is None
    repaired = loading({case.file: text})
    assert repaired.complaints == ()
    assert repaired.bundle is not None


def test_the_project_that_is_not_broken_has_neither_complaint_nor_warning(loading: Load) -> None:
    loaded = loading()
    assert (loaded.complaints, loaded.warnings) == ((), ())


def test_faults_in_two_files_are_both_reported_in_one_pass(loading: Load) -> None:
    loaded = loading(
        {
            PROJECT_FILE: PROJECT.replace("monday", "moonday"),
            "schedules/weekly.yaml": WEEKLY.replace("last-week", "last-weak"),
            "schedules/daily.yml": WEEKLY.replace("channel: room", "channel: rom").replace("-value", "-valeu"),
        }
    )
    assert [(c.path, c.line) for c in loaded.complaints] == [
        (PROJECT_FILE, 11),
        ("schedules/daily.yml", 15),
        ("schedules/daily.yml", 19),
        ("schedules/weekly.yaml", 7),
    ]


def test_one_broken_item_does_not_hide_another(loading: Load) -> None:
    text = (
        WEEKLY.replace("last-week", "[1, 2]").replace("query: deals", "query: dealz").replace("id: team", "idd: team")
    )
    lines = [c.line for c in loading({"schedules/weekly.yaml": text}).complaints]
    assert lines == [7, 12, 18]


def test_a_history_is_not_taken_from_a_schedule_that_is_still_there(loading: Load, tmp_path: Path) -> None:
    heir = "previously: weekly\n" + WEEKLY
    (complaint,) = loading({"schedules/new.yaml": heir}).complaints
    assert str(complaint) == (
        "schedules/new.yaml:1:13: `previously: weekly`, while there is a schedule `weekly`; "
        "remove schedules/weekly.yaml, or leave the key out"
    )
    (tmp_path / "schedules/weekly.yaml").unlink()
    assert loading({"schedules/new.yaml": heir, "schedules/weekly.yaml": None}).complaints == ()


def test_a_schedule_that_is_broken_is_still_there(loading: Load) -> None:
    files = {"schedules/new.yaml": "previously: weekly\n" + WEEKLY, "schedules/weekly.yaml": "when: {every: 5m}\n"}
    assert [c.path for c in loading(files).complaints] == ["schedules/new.yaml", "schedules/weekly.yaml"]


def test_a_history_has_one_heir(loading: Load) -> None:
    heir = "previously: old\n" + WEEKLY
    (complaint,) = loading({"schedules/a.yaml": heir, "schedules/b.yaml": heir}).complaints
    assert str(complaint).startswith("schedules/b.yaml:1:13: `previously: old`, which schedules/a.yaml says as well")


def test_a_connection_that_is_broken_is_not_called_unknown_where_it_is_used(loading: Load) -> None:
    loaded = loading({PROJECT_FILE: PROJECT.replace("type: shelf", "type: shelve")})
    assert [c.path for c in loaded.complaints] == [PROJECT_FILE]


def test_an_unreadable_project_file_does_not_make_every_name_unknown(loading: Load) -> None:
    loaded = loading(
        {PROJECT_FILE: "project: [", "schedules/weekly.yaml": WEEKLY.replace("order_by: -v", "order_by: -w")}
    )
    assert [c.path for c in loaded.complaints] == [PROJECT_FILE, "schedules/weekly.yaml"]


def test_catch_up_all_is_refused_when_every_query_is_live(loading: Load) -> None:
    start, end = WEEKLY.index("  - id: funnel"), WEEKLY.index("  - id: deals")
    text = (WEEKLY[:start] + WEEKLY[end:]).replace("catch_up: latest", "catch_up: all")
    (complaint,) = loading({"schedules/weekly.yaml": text}).complaints
    assert (complaint.line, complaint.column) == (2, 67)
    assert "read the state of the moment" in complaint.found
    assert loading({"schedules/weekly.yaml": WEEKLY.replace("catch_up: latest", "catch_up: all")}).complaints == ()


def test_a_complaint_never_quotes_what_may_be_a_secret(loading: Load) -> None:
    secret = "sk_live_Zq81"
    breakages = [
        PROJECT.replace("${SHELF_KEY}", secret),
        PROJECT.replace("${SHELF_KEY}", "${" + secret),
        PROJECT.replace('"${SHELF_KEY}"', f"[{secret}]"),
        PROJECT.replace('api_key: "${SHELF_KEY}"', f"api_kye: {secret}"),
        PROJECT.replace('{type: shelf, api_key: "${SHELF_KEY}"}', secret),
        PROJECT.replace("${SHELF_KEY}", f"{secret}${{file:}}"),
    ]
    for text in breakages:
        loaded = loading({PROJECT_FILE: text})
        said = loaded.complaints + loaded.warnings
        assert said
        assert secret not in " ".join(map(str, said))

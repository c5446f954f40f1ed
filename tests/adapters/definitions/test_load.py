"""Which files count, what falls back on what, and that nothing at all raises."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.example import GOOD, PROJECT, WEEKLY, write
from tests.adapters.definitions.registry import ENVIRON, KINDS
from worker.adapters.definitions.load import Loaded, load
from worker.domain.schedule import Follow, OnUnknown, Schedule, Send, Trigger
from worker.domain.time.window import WindowSpec

SCHEDULE = "schedules/weekly.yaml"


def weekly(loaded: Loaded) -> Schedule:
    assert loaded.complaints == ()
    assert loaded.bundle is not None
    return loaded.bundle.schedules["weekly"]


def only(loaded: Loaded) -> str:
    (complaint,) = loaded.complaints
    return str(complaint)


def test_a_project_without_its_file_is_told_how_to_begin(loading: Load) -> None:
    assert only(loading({"funnelbeat.yaml": None})) == (
        "funnelbeat.yaml:1:1: no such file; name a project with --project, or begin with `funnelbeat init DIR`"
    )


def test_without_a_project_nothing_is_said_of_schedules_whose_channels_are_unknown(loading: Load) -> None:
    """A schedule whose alerts have `notify` was warned of with "nobody in `to`"."""
    told = "[{channel: email, address: a@b.example}]"
    alert = f"alerts: [{{id: many, on: deals, if: 'now[\"total.count\"] > 1', notify: {told}}}]\n"
    text = WEEKLY[: WEEKLY.index("to:")] + alert
    assert loading({SCHEDULE: text, "funnelbeat.yaml": None}).warnings == ()


def test_a_directory_that_is_no_project_is_one_complaint(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of ours", encoding="utf-8")
    assert only(load(tmp_path, KINDS, {})) == (
        "funnelbeat.yaml:1:1: no such file; name a project with --project, or begin with `funnelbeat init DIR`"
    )


def test_a_directory_that_is_not_there_is_one_complaint(tmp_path: Path) -> None:
    expected = "no directory 'nowhere'; name the project's directory with --project"
    assert expected in only(load(tmp_path / "nowhere", KINDS, {}))


def test_a_project_without_schedules_directory_is_told_to_make_it(loading: Load) -> None:
    assert only(loading({SCHEDULE: None})) == (
        "schedules:1:1: no such directory; make it; each file in it is one schedule"
    )


def test_an_empty_schedules_directory_is_a_warning(loading: Load, tmp_path: Path) -> None:
    (tmp_path / "schedules").mkdir()
    loaded = loading({SCHEDULE: None})
    assert loaded.bundle is not None
    assert str(loaded.warnings[0]).startswith("schedules:1:1: no schedule")


@pytest.mark.parametrize("path", ["funnelbeat.yaml", SCHEDULE])
@pytest.mark.parametrize("content", ["", "# nothing\n", "~\n"])
def test_an_empty_file_is_named(path: str, content: str, loading: Load) -> None:
    assert only(loading({path: content})).startswith(f"{path}:1:1: an empty file; ")


@pytest.mark.parametrize("content", ["just text\n", "- a\n- b\n", "12"])
def test_a_file_that_is_no_mapping_is_named(content: str, loading: Load) -> None:
    assert "in place of a schedule" in only(loading({SCHEDULE: content}))


def test_a_schedules_id_is_its_path_below_schedules(loading: Load) -> None:
    loaded = loading(
        {"schedules/emea/north/daily_1.yml": WEEKLY, "schedules/notes.txt": "x", "schedules/.#x.yaml": "["}
    )
    assert loaded.bundle is not None
    assert sorted(loaded.bundle.schedules) == ["emea/north/daily_1", "weekly"]
    assert loaded.bundle.schedules["emea/north/daily_1"].id == "emea/north/daily_1"


def test_a_file_name_that_is_no_id_is_refused(loading: Load) -> None:
    assert "the id `Über uns`" in only(loading({"schedules/Über uns.yaml": WEEKLY}))


def test_a_key_or_a_file_name_with_line_breaks_stays_on_one_line(loading: Load) -> None:
    loaded = loading({SCHEDULE: f'"a\\nb{"c" * 900}": 1\n{WEEKLY}', "schedules/x\ny.yaml": WEEKLY})
    first, second = map(str, loaded.complaints)
    assert first.startswith("schedules/weekly.yaml:1:1: `a bccc")
    assert len(first) < 900
    assert second.startswith(r"schedules/x\ny.yaml:1:1: the id `x")
    assert "\n" not in first + second


def test_two_suffixes_of_one_id_are_refused(loading: Load) -> None:
    assert only(loading({"schedules/weekly.yml": WEEKLY})).startswith(
        "schedules/weekly.yml:1:1: the same id as schedules/weekly.yaml"
    )


def test_links_that_lead_out_of_the_project_are_refused_and_others_are_followed(loading: Load, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    write(outside, {"secret.yaml": WEEKLY, "deep/x.yaml": WEEKLY})
    write(tmp_path, {"shared/one.yaml": WEEKLY, "schedules/x.txt": ""})
    (tmp_path / "schedules/out.yaml").symlink_to(outside / "secret.yaml")
    (tmp_path / "schedules/dir").symlink_to(outside / "deep")
    (tmp_path / "schedules/in.yaml").symlink_to(tmp_path / "shared/one.yaml")
    (tmp_path / "schedules/gone.yaml").symlink_to(tmp_path / "shared/none.yaml")
    found = {c.path: c.found for c in loading().complaints}
    assert found == {
        "schedules/dir": "a link to a directory",
        "schedules/gone.yaml": "what is not a file",
        "schedules/out.yaml": "a link that leads out of the project",
    }


def test_a_pipe_or_a_directory_where_a_file_is_due_is_refused_without_waiting(loading: Load, tmp_path: Path) -> None:
    (tmp_path / "schedules/folder.yaml").mkdir(parents=True)
    os.mkfifo(tmp_path / "schedules/pipe.yaml")
    assert [(c.path, c.found) for c in loading().complaints] == [
        ("schedules/folder.yaml", "what is not a file"),
        ("schedules/pipe.yaml", "what is not a file"),
    ]


def test_a_huge_file_is_refused_after_its_first_megabyte(loading: Load) -> None:
    assert "more than 1 MB" in only(loading({SCHEDULE: WEEKLY + "#" * 1_100_000}))


def test_templates_of_the_project_go_into_the_bundle(loading: Load) -> None:
    loaded = loading(
        {"templates/pipeline/email.html.j2": "<p>ä</p>", "templates/notes.md": "x", "templates/.x.j2": "y"}
    )
    assert loaded.bundle is not None
    assert loaded.bundle.templates == {"pipeline/email.html.j2": "<p>ä</p>"}


def test_a_template_that_is_not_utf_8_is_refused(loading: Load) -> None:
    assert only(loading({"templates/a.j2": b"x\n\xff"})).startswith("templates/a.j2:2:1: bytes that are not UTF-8")


def test_an_entry_falls_back_on_the_digest_and_that_on_the_defaults(loading: Load) -> None:
    project = PROJECT.replace("locale: en_GB", "locale: fr_FR, send: on_change, on_unknown: hold, template: house")
    text = WEEKLY.replace("{template: pipeline, bridge: deals, send: always}", "{locale: de_DE, attach: funnel}")
    text = text.replace(
        "{channel: room}", "{channel: room, timezone: Asia/Tokyo, send: always, attach: [], template: own}"
    )
    schedule = weekly(loading({"funnelbeat.yaml": project, SCHEDULE: text}))
    team, room = schedule.to
    assert (team.id, team.address, team.locale, team.zone) == (
        "team",
        "sales@acme.example",
        "de_DE",
        "America/New_York",
    )
    assert (team.send, team.on_unknown, team.template, team.attach) == (
        Send.ON_CHANGE,
        OnUnknown.HOLD,
        "house",
        ("funnel",),
    )
    assert (room.id, room.address, room.zone, room.send) == ("room", None, "Asia/Tokyo", Send.ALWAYS)
    assert (room.template, room.attach) == ("own", ())


def test_an_entry_without_id_is_called_after_its_channel_and_normalised_address(loading: Load) -> None:
    text = WEEKLY.replace("id: team, ", "")
    assert [entry.id for entry in weekly(loading({SCHEDULE: text})).to] == ["email:sales@acme.example", "room"]


def test_an_address_in_two_entries_is_a_warning_that_names_both(loading: Load) -> None:
    loaded = loading({SCHEDULE: WEEKLY + "  - {id: again, channel: email, address: sales@acme.EXAMPLE}\n"})
    (warning,) = loaded.warnings
    assert (warning.line, warning.column) == (20, 42)
    assert warning.found == "sales@acme.example in the entries `team` and `again`: two readers, two messages"
    assert len(weekly(loaded).to) == 3


def test_a_schedule_that_tells_nobody_is_a_warning(loading: Load) -> None:
    loaded = loading({SCHEDULE: WEEKLY[: WEEKLY.index("to:")]})
    assert weekly(loaded).to == ()
    assert "nobody in `to`" in loaded.warnings[0].found


def test_a_list_is_followed_as_its_query_says_unless_the_item_does(loading: Load) -> None:
    stalled = WEEKLY.replace("    follow: closed\n", "").replace("status_type: active}", "is_stalled: true}")
    assert weekly(loading({SCHEDULE: stalled})).item("deals").follow is Follow.DEPARTURES
    assert weekly(loading({SCHEDULE: stalled})).item("deals").params["is_stalled"] is True
    assert weekly(loading({SCHEDULE: stalled.replace(", is_stalled: true", "")})).item("deals").follow is Follow.CLOSED
    assert weekly(loading()).item("deals").follow is Follow.CLOSED


def test_params_have_the_type_that_their_query_asks_for(loading: Load) -> None:
    span = "{start: 2026-01-01, end: 2026-02-01}"
    opaque = "{n: [1, 'x', 1:30, true]}"
    params = f"{{shop: 0815, users: 'a, b ,c', report_datetime_range: {span}, query: {opaque}}}"
    text = WEEKLY.replace("    window: last-week\n    compare: previous\n", "").replace(
        "{shop: shop_1, type: active}", params
    )
    item = weekly(loading({SCHEDULE: text})).item("funnel")
    assert item.params == {
        "shop": "0815",
        "users": ["a", "b", "c"],
        "report_datetime_range": {"start": "2026-01-01", "end": "2026-02-01"},
        "query": {"n": [1, "x", "1:30", True]},
    }
    assert item.window is None


@pytest.mark.parametrize(
    ("params", "found", "expected"),
    [
        ("{shop: [1]}", "`shop` with a list", "write one text"),
        ("{shop: }", "`shop` with nothing", "leave the key out"),
        ("{_limit: '5'}", '`_limit` with "5"', "whole number"),
        ("{_limit: 1_000}", '`_limit` with "1_000"', "whole number"),
        ("{is_stalled: yes}", '`is_stalled` with "yes"', "true or false"),
        ("{status_type__in: 'active, wonn'}", "wonn", "did you mean `won`?"),
        ("{status_type__in: [won, won]}", "a list", "won once each"),
        ("{date_created__gte: lastweek}", '"lastweek"', "a window's name"),
    ],
)
def test_a_parameter_of_another_kind_is_refused(params: str, found: str, expected: str, loading: Load) -> None:
    text = WEEKLY.replace("{shop: shop_1, status_type: active}", params).replace("bridge: deals, ", "")
    said = only(loading({SCHEDULE: text}))
    assert found in said
    assert expected in said


@pytest.mark.parametrize("value", ["last-week", "2026-01-31", "2026-01-31T08:00:00Z", "last-30d"])
def test_a_date_parameter_takes_dates_and_windows(value: str, loading: Load) -> None:
    text = WEEKLY.replace("{shop: shop_1, status_type: active}", f"{{date_created__gte: {value}}}")
    assert weekly(loading({SCHEDULE: text})).item("deals").params == {"date_created__gte": value}


def test_a_window_between_two_dates_starts_and_ends_on_the_schedules_wall_clock(loading: Load) -> None:
    text = WEEKLY.replace("window: last-week", "window: {start: 2026-03-01, end: 2026-04-01T00:00:00}")
    window = weekly(loading({SCHEDULE: text})).item("funnel").window
    assert window is not None
    assert window.start is not None
    assert window.end is not None
    assert (window.name, window.start.isoformat(), window.end.isoformat()) == (
        "range",
        "2026-03-01T05:00:00+00:00",
        "2026-04-01T04:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ("{start: 2026-03-01}", "a range without `end`"),
        ("{start: 2026-03-01, end: 2026-03-01}", "not after its `start`"),
        ("{start: 2026-03-01, end: 9999-12-31T23:00:00-05:00}", "`end` with"),
        ("{start: 2026-03-01, end: [1]}", "`end` with a list"),
        ("{start: 2026-03-01, end: soon}", '`end` with "soon"'),
        ("{start: 2026-03-01, end: 2026-04-01, zone: UTC}", "`zone`, which a range does not have"),
        ("[last-week]", "`window` with a list"),
        ("range", '"range", which is no window'),
        ("", "`window` with nothing"),
        ("last-0d", '"last-0d"'),
    ],
)
def test_a_window_that_is_none_is_refused(window: str, found: str, loading: Load) -> None:
    assert found in only(loading({SCHEDULE: WEEKLY.replace("window: last-week", f"window: {window}")}))


@pytest.mark.parametrize("compare", ["same-days-last-month", "last-quarter", "last-30d"])
def test_a_comparison_may_be_any_window(compare: str, loading: Load) -> None:
    text = WEEKLY.replace("compare: previous", f"compare: {compare}")
    assert weekly(loading({SCHEDULE: text})).item("funnel").compare == WindowSpec(compare)
    none = WEEKLY.replace("compare: previous", "compare: none")
    assert weekly(loading({SCHEDULE: none})).item("funnel").compare is None


def test_every_is_elapsed_time_in_seconds(loading: Load) -> None:
    text = WEEKLY.replace('cron: "0 9 * * MON", timezone: America/New_York', "every: 1h30m").replace(
        "name: Weekly", "within: 20m\ngrace: 90s"
    )
    schedule = weekly(loading({SCHEDULE: text}))
    assert schedule.trigger == Trigger("every", "Europe/Berlin", seconds=5400)
    assert (schedule.name, schedule.within, schedule.grace) == ("weekly", 1200, 90)


@pytest.mark.parametrize("top", [True, False])
def test_the_fiscal_year_may_stand_at_the_top_or_in_defaults(top: bool, loading: Load) -> None:
    text = (
        f"fiscal_year_start: 04-01\n{PROJECT}"
        if top
        else PROJECT.replace("locale:", "fiscal_year_start: 04-01, locale:")
    )
    loaded = loading({"funnelbeat.yaml": text})
    assert loaded.bundle is not None
    assert loaded.bundle.defaults.fiscal_year_start == "04-01"


def test_a_sandbox_needs_no_options(loading: Load) -> None:
    channels = "{email: {type: sandbox}, room: {type: sandbox}}"
    text = f"project: demo\nconnections: {{shop: {{type: sandbox}}}}\nchannels: {channels}\n"
    schedule = WEEKLY.replace("{channel: room}", "{channel: room, address: a@b.example}")
    loaded = loading({"funnelbeat.yaml": text, SCHEDULE: schedule})
    assert weekly(loaded).report[0].source == "shop"
    assert loaded.secrets == ()


_SIGNS = (
    " ",
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "#",
    "|",
    "? ",
    "\t",
    "-",
    "",
    "<<: ",
    "!!int ",
    "*x",
    "&x ",
)
_WORDS = ("~", "null", "${A}", "on", "name", "when", "report", "to", "digest", "1", "every: 5m", "ü")
_FRAGMENTS = st.sampled_from(_SIGNS + _WORDS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["funnelbeat.yaml", SCHEDULE]),
    st.lists(st.tuples(st.integers(0, 800), st.integers(0, 30), _FRAGMENTS), min_size=1, max_size=3),
)
def test_a_mutated_project_gives_complaints_and_never_an_exception(
    tmp_path: Path, file: str, edits: list[tuple[int, int, str]]
) -> None:
    text = GOOD[file]
    for start, length, fragment in edits:
        at = start % (len(text) + 1)
        text = text[:at] + fragment + text[at + length :]
    write(tmp_path, {**GOOD, file: text})
    loaded = load(tmp_path, KINDS, ENVIRON)
    assert (loaded.bundle is None) == bool(loaded.complaints)
    lines = text.split("\n")
    for complaint in loaded.complaints + loaded.warnings:
        assert "\n" not in str(complaint)
        assert complaint.found
        assert complaint.expected
        for jargon in ("Input should", "validation", "Extra inputs", "pydantic", "dict", "NoneType"):
            assert jargon not in str(complaint)
        if complaint.path == file:
            assert 1 <= complaint.line <= len(lines) + 1
            assert 1 <= complaint.column <= 200


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text("ab:-_ ${}*1", max_size=6)
    | st.sampled_from(["last-week", "deals"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=2),
    max_leaves=4,
)
_KEYS_OF_A_REPORT = (
    "report",
    "id",
    "source",
    "query",
    "window",
    "compare",
    "follow",
    "follow_limit",
    "show",
    "order_by",
)
_KEYS_BELOW = ("limit", "watch", "ranges", "params", "shop", "digest", "template", "bridge", "send", "to", "channel")
_KEYS_OF_OTHERS = ("name", "when", "cron", "every", "timezone", "catch_up", "address", "locale", "attach", "within")
_KEYS = st.sampled_from(_KEYS_OF_A_REPORT + _KEYS_BELOW + _KEYS_OF_OTHERS)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_KEYS, _VALUES)
def test_no_value_of_any_key_raises(tmp_path: Path, key: str, value: object) -> None:
    shown = json.dumps(value, ensure_ascii=False)
    text, count = re.subn(rf"(?<![\w]){key}: [^,}}\n]+", lambda _: f"{key}: {shown}", WEEKLY, count=1)
    write(tmp_path, {**GOOD, SCHEDULE: text if count else f"{key}: {shown}\n{WEEKLY}"})
    loaded = load(tmp_path, KINDS, ENVIRON)
    assert (loaded.bundle is None) == bool(loaded.complaints)


def test_what_bounds_a_schedule_is_read_in_its_own_zone(loading: Load) -> None:
    bounded = "spread: 10m\nstart: 2026-12-01\nend: 2027-01-31T09:00\npaused: true\npreviously: old/one\n"
    found = weekly(loading({SCHEDULE: bounded + WEEKLY}))
    assert found.trigger.start == datetime(2026, 12, 1, 5, tzinfo=UTC), "New York's day begins at 05:00 UTC"
    assert found.trigger.end == datetime(2027, 1, 31, 14, tzinfo=UTC)
    assert (found.spread, found.paused, found.previously) == (600, True, "old/one")


def test_a_schedule_is_not_paused_spread_or_bounded_unless_it_says_so(loading: Load) -> None:
    found = weekly(loading())
    assert (found.spread, found.paused, found.previously) == (0, False, None)
    assert (found.trigger.start, found.trigger.end) == (None, None)
    assert not weekly(loading({SCHEDULE: "paused: false\n" + WEEKLY})).paused


TICKETS = WEEKLY.replace("query: deals", "query: tickets").replace("{shop: shop_1, status_type: active}", "{queue: q1}")


def test_a_list_of_something_else_has_columns_of_its_own_and_can_be_followed(loading: Load) -> None:
    text = TICKETS.replace(", bridge: deals", "").replace("order_by: -value", "order_by: -waiting_since")
    item = weekly(loading({SCHEDULE: text})).item("deals")
    assert (item.show.order_by, item.follow) == ("-waiting_since", Follow.CLOSED)


def test_a_list_of_something_else_has_no_bridge(loading: Load) -> None:
    assert "`bridge` with `deals`, which is no list of deals; " in only(loading({SCHEDULE: TICKETS}))

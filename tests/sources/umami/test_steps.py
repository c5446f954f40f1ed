"""`check` says which steps match nothing by the way they are written: Umami itself answers them with a silent zero."""

from pathlib import Path

import pytest

from tests.sources.umami.account import SITE
from tests.sources.umami.test_rules import loading


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("path:/pricing?plan=pro", "a path with `?`"),
        ("path:https://acme.example/pricing", "a whole address"),
        ("path:pricing", "a path without `/` at its beginning"),
        ("path:/caf%C3%A9", "a path with percent-encoding"),
        ("path:/docs/*/install", "a value with `*` in the middle"),
        ("path:/" + "x" * 500, "a path of 501 characters"),
        ("event:sign*up", "a value with `*` in the middle"),
        ("event:" + "x" * 51, "an event's name of 51 characters"),
    ],
)
def test_a_step_of_a_funnel_that_matches_nothing_is_said(tmp_path: Path, step: str, found: str) -> None:
    params = f"{{websiteId: {SITE}, steps: ['path:/', '{step}'], window: 60m}}"
    loaded = loading(tmp_path, "funnel", params)
    assert loaded.complaints == ()
    (warning,) = loaded.warnings
    assert f"`steps`: {found}, which matches nothing" in str(warning)


@pytest.mark.parametrize("step", ["path:/docs/*", "path:*/install", "path:*docs*", "event:sign up", "event:*up"])
def test_a_step_that_may_match_is_not_warned_of(tmp_path: Path, step: str) -> None:
    params = f"{{websiteId: {SITE}, steps: ['path:/', '{step}'], window: 60m}}"
    assert loading(tmp_path, "funnel", params).warnings == ()


@pytest.mark.parametrize(
    ("query", "params", "name"),
    [
        ("goal", "type: path, value: pricing", "value"),
        ("goal", "type: event, value: " + "x" * 51, "value"),
        ("attribution", "model: last-click, type: path, step: '/docs?x=1'", "step"),
        ("attribution", "model: last-click, type: path, step: '/docs/*'", "step"),
        ("journey", "steps: 3, startStep: '/docs?x=1'", "startStep"),
        ("journey", "steps: 3, endStep: 'https://acme.example/'", "endStep"),
    ],
)
def test_goals_origins_and_ways_are_looked_at_too(tmp_path: Path, query: str, params: str, name: str) -> None:
    loaded = loading(tmp_path, query, f"{{websiteId: {SITE}, {params}}}")
    assert loaded.complaints == ()
    (warning,) = loaded.warnings
    assert f"`{name}`: " in str(warning)
    assert "which matches nothing" in str(warning)


def test_an_event_of_a_way_is_no_path_without_a_slash(tmp_path: Path) -> None:
    assert loading(tmp_path, "journey", f"{{websiteId: {SITE}, steps: 3, startStep: signup}}").warnings == ()


def test_a_filter_by_path_is_looked_at_too(tmp_path: Path) -> None:
    params = f"{{websiteId: {SITE}, filters: {{path: ['/docs', '/pricing?x=1']}}}}"
    (warning,) = loading(tmp_path, "stats", params).warnings
    assert "the filter `path`: a path with `?`, which matches nothing" in str(warning)


@pytest.mark.parametrize("value", ["c.docs", "re.^/docs/.*/install", "neq./docs"])
def test_a_filter_by_path_with_an_operator_is_not_warned_of(tmp_path: Path, value: str) -> None:
    assert loading(tmp_path, "stats", f"{{websiteId: {SITE}, filters: {{path: '{value}'}}}}").warnings == ()


@pytest.mark.parametrize("zone", ["posix/Europe/Berlin", "right/Europe/Berlin", "localtime", "Factory", "posixrules"])
def test_a_zone_that_only_this_machine_knows_is_refused(tmp_path: Path, zone: str) -> None:
    (found,) = loading(tmp_path, "retention", f"{{websiteId: {SITE}, timezone: {zone}}}").complaints
    assert "timezone: " in str(found)
    assert "an IANA name such as Europe/Berlin" in str(found)

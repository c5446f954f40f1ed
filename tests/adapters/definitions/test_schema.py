"""The editors' schema says yes to what `load` accepts, and no to the plainest mistakes."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.adapters.definitions.alert_example import WITH_ALERTS
from tests.adapters.definitions.example import PROJECT, WEEKLY
from tests.adapters.definitions.registry import DEALS, KINDS, SHELF
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.schema import schema
from worker.adapters.definitions.yaml_nodes import core, parse
from worker.ports.kinds import Param, ParamKind

SCHEMAS = schema(KINDS)
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def _is(value: Any, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def accepts(rule: Any, value: Any) -> bool:
    """The part of JSON Schema that our schemas use; an unknown word fails the test rather than passing unseen."""
    if isinstance(rule, bool):
        return rule
    return all(_WORDS[word](value, wanted, rule) for word, wanted in rule.items())


def _properties(value: Any, wanted: dict[str, Any], _rule: Any) -> bool:
    return not isinstance(value, dict) or all(accepts(wanted[k], v) for k, v in value.items() if k in wanted)


def _others(value: Any, wanted: Any, rule: Any) -> bool:
    known = rule.get("properties", {})
    return not isinstance(value, dict) or all(accepts(wanted, v) for k, v in value.items() if k not in known)


def _type(value: Any, wanted: Any, _rule: Any) -> bool:
    return any(_is(value, name) for name in ([wanted] if isinstance(wanted, str) else wanted))


_WORDS: dict[str, Any] = {
    "$schema": lambda *_: True,
    "title": lambda *_: True,
    "description": lambda *_: True,
    "then": lambda *_: True,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _others,
    "required": lambda v, w, _: not isinstance(v, dict) or set(w) <= set(v),
    "enum": lambda v, w, _: v in w,
    "const": lambda v, w, _: v == w,
    "anyOf": lambda v, w, _: any(accepts(one, v) for one in w),
    "oneOf": lambda v, w, _: sum(accepts(one, v) for one in w) == 1,
    "not": lambda v, w, _: not accepts(w, v),
    "allOf": lambda v, w, _: all(accepts(one, v) for one in w),
    "if": lambda v, w, rule: not accepts(w, v) or accepts(rule["then"], v),
    "items": lambda v, w, _: not isinstance(v, list) or all(accepts(w, one) for one in v),
    "minItems": lambda v, w, _: not isinstance(v, list) or len(v) >= w,
    "minimum": lambda v, w, _: not isinstance(v, int) or v >= w,
    "pattern": lambda v, w, _: not isinstance(v, str) or re.search(w, v) is not None,
}


def value_of(text: str) -> Any:
    document, complaints = parse(text.encode(), "x.yaml")
    assert complaints == ()
    assert document is not None
    return core(document.value)


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(SCHEMAS)) == SCHEMAS


def test_the_schema_accepts_the_project_that_is_right() -> None:
    assert accepts(SCHEMAS["funnelbeat.yaml"], value_of(PROJECT))
    assert accepts(SCHEMAS["schedules/*.yaml"], value_of(WEEKLY))
    more = "spread: 5m\nstart: 2026-12-01\nend: 2027-01-31\npaused: true\npreviously: old\n"
    assert accepts(SCHEMAS["schedules/*.yaml"], value_of(more + WEEKLY))


@pytest.mark.parametrize("days", ["L * *", "LW * *", "last working day * *", "L-3,15 */3 *", "* * MON#1", "* * 5L"])
def test_the_schema_takes_days_that_have_no_number_in_a_month(days: str) -> None:
    text = WEEKLY.replace("0 9 * * MON", f"0 9 {days}")
    assert text != WEEKLY
    assert accepts(SCHEMAS["schedules/*.yaml"], value_of(text))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("name: Weekly", "nmae: Weekly"),
        ("query: shop_totals", "query: shop_total"),
        ("{shop: shop_1, type", "{type"),
        ("type: active}", "type: activ}"),
        ("window: last-week", "window: last-weak"),
        ("compare: previous", "compare: previos"),
        ("window: last-week", "window: {start: 2026-01-01}"),
        ("follow: closed", "follow: close"),
        ("order_by: -value", "order_by: -valeu"),
        ("limit: 20", "limit: 0"),
        ("catch_up: latest", "catch_up: lattest"),
        ('cron: "0 9 * * MON"', 'cron: "0 9 * * MON", every: 5m'),
        ("{channel: room}", "{id: room}"),
        ("send: always", "send: on_alarm"),
        ("name: Weekly", "debounce: 5m"),
        ("name: Weekly", "paused: soon"),
    ],
)
def test_the_schema_refuses_the_plainest_mistakes_of_a_schedule(right: str, wrong: str) -> None:
    broken = WEEKLY.replace(right, wrong, 1)
    assert broken != WEEKLY
    assert not accepts(SCHEMAS["schedules/*.yaml"], value_of(broken))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("for_each: deals\n", "for_each: deals\n    on: deals\n"),
        ("    for_each: deals\n", ""),
        ("{rows: deals, by: owner}", "{rows: deals}"),
        ("severity: {critical:", "severity: {kritical:"),
        ("group: rule", "group: all"),
        ("after: 5", "after: 0"),
        ("channel: email, address: boss", "chanel: email, address: boss"),
        ("source: five", "sauce: five"),
    ],
)
def test_the_schema_accepts_alerts_and_refuses_the_plainest_mistakes(right: str, wrong: str) -> None:
    assert accepts(SCHEMAS["schedules/*.yaml"], value_of(WITH_ALERTS))
    broken = WITH_ALERTS.replace(right, wrong)
    assert broken != WITH_ALERTS
    assert not accepts(SCHEMAS["schedules/*.yaml"], value_of(broken))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("project: acme-sales\n", ""),
        ("type: shelf", "type: shelve"),
        ("api_key:", "apikey:"),
        ('api_key: "${SHELF_KEY}"', 'api_key: "a", access_token: "b"'),
        ("week_start:", "weekstart:"),
    ],
)
def test_the_schema_refuses_the_plainest_mistakes_of_a_project(right: str, wrong: str) -> None:
    broken = PROJECT.replace(right, wrong, 1)
    assert broken != PROJECT
    assert not accepts(SCHEMAS["funnelbeat.yaml"], value_of(broken))


def test_every_key_carries_its_description() -> None:
    for one in SCHEMAS.values():
        assert all(rule["description"] for rule in one["properties"].values())


def test_two_services_with_a_query_of_one_name_are_both_accepted() -> None:
    """A schedule names a connection, whose service the schema cannot see."""
    other = replace(SHELF, type="other", queries={"deals": replace(DEALS, params=(Param("warehouse", ParamKind.ID),))})
    both = schema(Registry({**KINDS.connections, "other": other}, KINDS.channels, KINDS.expressions, KINDS.holidays))[
        "schedules/*.yaml"
    ]
    assert accepts(both, value_of(WEEKLY))
    theirs = WEEKLY.replace("{shop: shop_1, status_type: active}", "{warehouse: w1}")
    assert accepts(both, value_of(theirs))
    assert not accepts(both, value_of(theirs.replace("warehouse", "wharehouse")))


def test_a_schedule_that_extends_a_file_may_lack_what_that_has() -> None:
    rule = schema(KINDS)["schedules/*.yaml"]
    assert not accepts(rule, {"name": "North"})
    assert accepts(rule, {"extends": "base.yaml", "name": "North", "when": {"timezone": "Europe/Berlin"}})
    assert not accepts(rule, {"extends": "base.yaml", "nmae": "North"})


def test_the_schema_takes_people_addresses_and_targets() -> None:
    """`people` and `web` were text to an editor, which marked every mapping below them."""
    rule = schema(KINDS)["funnelbeat.yaml"]
    more = {"people": {"user_a": {"email": "a@tern.example"}}, "shared_addresses": ["all@tern.example"]}
    dev = {
        "project": "tern-dev",
        "defaults": {"locale": "de_DE"},
        "readers": {"channel": "mail", "address": "me@x.example"},
    }
    assert accepts(rule, {"project": "tern", **more, "web": {"base_url": "https://x.example"}, "targets": {"dev": dev}})
    assert not accepts(rule, {"project": "tern", "targets": {"dev": {"schedules": {}}}})

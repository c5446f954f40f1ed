"""What differs between two bundles: nothing if and only if their ids are equal."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.bundle_codec import bundle_id, decode, encode
from worker.domain.alert.rule import Form, Rule
from worker.domain.definition_changes import DefinitionChange, definition_changes
from worker.domain.schedule import (
    Bundle,
    ChannelSpec,
    Connection,
    Defaults,
    Person,
    Query,
    Schedule,
    Subscription,
    Trigger,
)

OWN = Bundle(
    "tern",
    Defaults(),
    {"close": Connection("close", "close", {"api_key": "${KEY}"})},
    {"mail": ChannelSpec("mail", "email", {"url": "smtp://127.0.0.1", "from": "a@tern.example"})},
    {},
    {"pipeline/email.txt.j2": "hello"},
)

values = st.recursive(
    st.sampled_from([True, False, None, 0, 1, 1.0, 0.0, -0.0, "", "1", "a"]),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=3,
)
options = st.dictionaries(st.sampled_from(["url", "from"]), st.sampled_from(["a", "b"]), max_size=2)


@st.composite
def schedules(draw: st.DrawFn, name: str) -> Schedule:
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin"]))
    item = Query("deals", "close", "opportunities", params=draw(st.dictionaries(st.just("p"), values, max_size=1)))
    entries = tuple(Subscription(i, "mail", f"{i}@x.example", "t", "en_GB", "UTC") for i in draw(st.sets(st.just("a"))))
    return Schedule(
        Trigger("cron", zone, "0 9 * * *"), id=name, name=name, report=(item,), to=entries, paused=draw(st.booleans())
    )


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    names = st.sets(st.sampled_from(["one", "two"]))
    return Bundle(
        "tern",
        Defaults(locale=draw(st.sampled_from(["en_GB", "de_DE"]))),
        {n: Connection(n, draw(st.sampled_from(["close", "other"])), draw(options)) for n in draw(names)},
        {n: ChannelSpec(n, "email", draw(options)) for n in draw(names)},
        {n: draw(schedules(n)) for n in draw(names)},
        {n: draw(st.sampled_from(["a", "b"])) for n in draw(names)},
        {n: Person(manager=draw(st.sampled_from(["a", "b"]))) for n in draw(names)},
        allow_written=True,
        allow=draw(st.sampled_from([("acme.example",), ("tern.example",)])),
        shared_addresses=draw(st.sampled_from([(), ("all@tern.example",)])),
        web=draw(st.sampled_from(["", "https://tern.example"])),
    )


@given(bundles(), bundles())
def test_nothing_changes_if_and_only_if_the_bundles_id_is_equal(one: Bundle, other: Bundle) -> None:
    stored = encode(one)
    same = bundle_id(stored) == bundle_id(encode(other))
    assert (definition_changes(decode(stored), other) == ()) is same


@given(values, values)
def test_parameters_that_differ_only_in_their_kind_are_a_change(one: Any, other: Any) -> None:
    """Python says that 1 equals true and 1.0; a service does not."""

    def asking(value: Any) -> Bundle:
        item = Query("deals", "close", "opportunities", params={"p": value})
        return replace(
            OWN,
            schedules={"week": Schedule(Trigger("cron", "UTC", "0 9 * * *"), id="week", name="Week", report=(item,))},
        )

    same = encode(asking(one)) == encode(asking(other))
    assert (definition_changes(decode(encode(asking(one))), asking(other)) == ()) is same


def test_what_changes_is_named_with_its_options_and_without_their_values() -> None:
    mail = ChannelSpec("mail", "email", {"url": "smtp://localhost", "from": "other@evil.example"})
    after = replace(
        OWN,
        defaults=Defaults(locale="de_DE"),
        connections={"crm": Connection("crm", "close", {"api_key": "${KEY}"})},
        channels={"mail": mail},
        templates={"pipeline/email.txt.j2": "hello!", "pipeline/email.subject.j2": "hi"},
    )
    assert definition_changes(OWN, after) == (
        DefinitionChange("defaults", "", "changed", ("locale",)),
        DefinitionChange("connection", "crm", "added"),
        DefinitionChange("connection", "close", "removed"),
        DefinitionChange("channel", "mail", "changed", ("from", "url")),
        DefinitionChange("template", "pipeline/email.subject.j2", "added"),
        DefinitionChange("template", "pipeline/email.txt.j2", "changed"),
    )


def test_a_first_deployment_adds_everything() -> None:
    assert [(c.kind, c.change) for c in definition_changes(None, OWN)] == [
        ("defaults", "added"),
        ("connection", "added"),
        ("channel", "added"),
        ("template", "added"),
    ]


def test_each_rule_that_changed_is_named() -> None:
    rules = {name: Rule(name, name, Form.ROWS, "deals", "row.stalled") for name in ("kept", "gone", "moved", "new")}
    kept, gone, moved, new = rules.values()
    later = replace(moved, condition="!row.stalled")

    def options(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> tuple[str, ...]:
        made = [
            Schedule(Trigger("cron", "UTC", "0 9 * * *"), id="a", name="a", report=(), alerts=one)
            for one in (before, after)
        ]
        (change,) = definition_changes(*(replace(OWN, schedules={"a": one}) for one in made))
        return change.options

    assert options((kept, gone, moved), (kept, later, new)) == ("alerts.gone", "alerts.moved", "alerts.new")
    assert options((kept, gone), (gone, kept)) == ("alerts",)

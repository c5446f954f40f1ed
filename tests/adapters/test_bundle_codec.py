import hashlib
import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.adapters.bundle_codec import VERSION, bundle_id, decode, encode, outgoing, timings
from worker.domain.alert.rule import ChangeKind, Form, Grouping, Inhibition, NoData, Rule, Severity
from worker.domain.operators import Operator
from worker.domain.schedule import (
    Bundle,
    CatchUp,
    ChannelSpec,
    Connection,
    Defaults,
    Follow,
    OnUnknown,
    Query,
    Schedule,
    Send,
    Show,
    Subscription,
    Timing,
    Trigger,
)
from worker.domain.time.window import WindowSpec
from worker.errors import LedgerError, NewerVersion

texts = st.text(st.characters(codec="utf-8"), max_size=6)
instants = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001
names = st.lists(texts, max_size=2).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
windows = st.none() | st.builds(WindowSpec, texts, st.none() | instants, st.none() | instants)
items = st.builds(
    Query,
    id=texts,
    source=texts,
    query=texts,
    window=windows,
    compare=windows,
    params=st.dictionaries(texts, json_values, max_size=3),
    follow=st.sampled_from(Follow),
    follow_limit=st.integers(1, 500),
    show=st.builds(Show, st.none() | texts, st.none() | st.integers(1, 9)),
    watch=names,
    as_written=st.booleans(),
)
entries = st.builds(
    Subscription,
    id=texts,
    channel=texts,
    address=st.none() | texts,
    template=texts,
    locale=texts,
    zone=texts,
    send=st.sampled_from(Send),
    attach=names,
    on_unknown=st.sampled_from(OnUnknown),
)
conditions = st.dictionaries(st.sampled_from(Severity), texts, max_size=2)
rules = st.builds(
    Rule,
    id=texts,
    name=texts,
    form=st.sampled_from(Form),
    query=texts,
    condition=texts,
    change=st.none() | st.sampled_from(ChangeKind),
    pending=st.integers(0, 86400),
    repeat=st.none() | st.integers(1, 86400),
    severity=st.sampled_from(Severity),
    severities=conditions,
    labels=st.dictionaries(texts, texts, max_size=2),
    group=st.sampled_from(Grouping),
    notify=names,
    no_data=st.sampled_from(NoData),
)
triggers = st.builds(Trigger, texts, texts, texts, st.integers(0, 86400), st.none() | instants)
schedules = st.builds(
    Schedule,
    id=texts,
    name=texts,
    trigger=triggers,
    report=st.lists(items, max_size=2).map(tuple),
    to=st.lists(entries, max_size=2).map(tuple),
    bridge=st.none() | texts,
    template=texts,
    catch_up=st.sampled_from(CatchUp),
    within=st.none() | st.integers(1, 3600),
    alerts=st.lists(rules, max_size=2).map(tuple),
    inhibit=st.lists(st.builds(Inhibition, texts, texts, names), max_size=1).map(tuple),
    notify=st.lists(entries, max_size=1).map(tuple),
)
options = st.dictionaries(texts, texts, max_size=2)
bundles = st.builds(
    Bundle,
    project=texts,
    defaults=st.builds(Defaults, operator=st.none() | texts | st.tuples(st.builds(Operator, st.none() | texts, texts))),
    connections=st.dictionaries(texts, st.builds(Connection, texts, texts, options), max_size=2),
    channels=st.dictionaries(texts, st.builds(ChannelSpec, texts, texts, options), max_size=2),
    schedules=st.dictionaries(texts, schedules, max_size=2),
    templates=st.dictionaries(texts, texts, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(bundles)
def test_a_bundle_comes_back_from_its_bytes_and_the_bytes_from_the_bundle(bundle: Bundle) -> None:
    data = encode(bundle)
    assert decode(data) == bundle
    assert encode(decode(data)) == data


@settings(max_examples=40, deadline=None)
@given(bundles)
def test_timings_are_those_fields_of_every_schedule(bundle: Bundle) -> None:
    assert timings(encode(bundle)) == {
        name: Timing(one.trigger, one.catch_up, one.grace, one.within) for name, one in bundle.schedules.items()
    }


def test_schedules_with_equal_timing_share_one_object() -> None:
    daily = Trigger("cron", "UTC", expression="0 9 * * *")
    schedules = {name: Schedule(daily, id=name, name=name.upper(), report=()) for name in ("a", "b")}
    found = timings(encode(_bundle(schedules=schedules)))
    assert found["a"] is found["b"]


def _bundle(**changed: object) -> Bundle:
    connections = {"b": Connection("b", "shelf", {"z": "1", "a": "2"}), "a": Connection("a", "shelf")}
    given = {"project": "p", "defaults": Defaults(), "connections": connections, "channels": {}, "schedules": {}}
    return Bundle(**{**given, **changed})  # type: ignore[arg-type]  # a test's own keywords


def test_the_order_in_which_a_project_was_read_does_not_change_its_bundles_name() -> None:
    turned = {"a": Connection("a", "shelf"), "b": Connection("b", "shelf", {"a": "2", "z": "1"})}
    assert encode(_bundle()) == encode(_bundle(connections=turned))
    assert bundle_id(encode(_bundle())) != bundle_id(encode(_bundle(project="q")))
    assert len(bundle_id(encode(_bundle()))) == 64


def test_the_bytes_are_lines_of_json_with_sorted_keys_and_a_list_of_the_parts() -> None:
    data = encode(_bundle(templates={"mail.j2": "line\nline", "a.j2": ""}))
    head, *parts = [json.loads(line) for line in data.splitlines()]
    assert head["version"] == VERSION
    assert head["names"] == ["funnelbeat.yaml", "templates/a.j2", "templates/mail.j2"]
    assert parts[1:] == ["", "line\nline"]
    assert json.dumps(parts[0], sort_keys=True, separators=(",", ":")).encode() == data.splitlines()[1]


def test_a_bundle_of_the_version_before_is_still_read() -> None:
    whole = _bundle(schedules={"a": Schedule(Trigger("every", "UTC", seconds=60), id="a", name="A", report=())})
    data = msgspec.json.encode({"bundle": whole, "version": 1}, order="sorted")
    assert decode(data, bundle_id(data)) == whole
    assert list(timings(data)) == ["a"]


@settings(max_examples=60, deadline=None)
@given(bundles, st.integers(0, 10**6), st.integers(1, 255))
def test_one_byte_changed_anywhere_is_noticed_and_the_file_named(bundle: Bundle, at: int, flip: int) -> None:
    data = encode(bundle)
    place = at % len(data)
    damaged = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
    for read in (decode, timings):
        with pytest.raises(LedgerError, match="is damaged in"):
            read(damaged, bundle_id(data))


def test_the_file_whose_part_is_damaged_is_the_one_that_is_named() -> None:
    made = {
        name: Schedule(Trigger("every", "UTC", seconds=60), id=name, name=name, report=()) for name in ("tern", "gull")
    }
    data = encode(_bundle(schedules=made, templates={"pipeline/email.html.j2": "Hello"}))
    for found, file in ((b"Hello", "templates/pipeline/email.html.j2"), (b'"name":"gull"', "schedules/gull.yaml")):
        damaged = data.replace(found, b"#" + found[1:])
        with pytest.raises(LedgerError, match=f"is damaged in {file}:"):
            decode(damaged, bundle_id(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"{}",
        b'{"version":1}',
        b'{"version":2,"bundle":{}}',
        b'{"version":1,"bundle":{"project":7}}',
        b"\xff",
    ],
)
def test_bytes_that_are_no_bundle_are_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(LedgerError, match="deploy again"):
        decode(data)
    with pytest.raises(LedgerError, match="deploy again"):
        timings(data)


@pytest.mark.parametrize("version", [b"2", b"3"])
def test_a_bundle_of_an_earlier_format_is_still_read(version: bytes) -> None:
    data = encode(_bundle()).replace(b'"version":4', b'"version":' + version)
    assert decode(data, bundle_id(data)) == _bundle()


def test_a_bundle_that_a_newer_version_wrote_is_refused_and_not_read_in_part() -> None:
    """Its definitions may say something that this version would leave out without a word."""
    data = encode(_bundle()).replace(b'"version":4', b'"version":5')
    words = "a bundle of format 5, which a newer version of Funnelbeat wrote; this one reads up to 4"
    for read in (decode, timings):
        with pytest.raises(NewerVersion) as failed:
            read(data, bundle_id(data))
        assert str(failed.value) == words
    with pytest.raises(NewerVersion):
        outgoing(data)


FIELDS = "7a16b7b31bf8f022"
"""Of all fields of definitions, by the format that has them first."""


def _fields(schema: object) -> object:
    """`schema` without docstrings, whose indentation depends on the version of Python."""
    if isinstance(schema, dict):
        return {name: _fields(part) for name, part in schema.items() if name != "description" or isinstance(part, dict)}
    return [_fields(part) for part in schema] if isinstance(schema, list | tuple) else schema


def test_a_field_that_an_older_version_does_not_know_has_a_new_format() -> None:
    """Decoders leave out what they do not know. So a process of an older version would send something else than the
    definitions say. If this fails: raise VERSION in bundle_codec.py, read the format before, and write the new mark.
    """
    known = json.dumps(_fields(msgspec.json.schema_components([Bundle])[1]), sort_keys=True, default=str)
    assert (VERSION, hashlib.sha256(known.encode()).hexdigest()[:16]) == (4, FIELDS)

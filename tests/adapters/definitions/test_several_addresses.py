"""Several addresses in one entry, `cc`, and `reply_to`."""

from pathlib import Path

import pytest

from worker.adapters.bundle_codec import decode, encode
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.adapters.smtp.addresses import mailbox
from worker.app import registry
from worker.domain.schedule import Schedule

PROJECT = """\
project: acme
connections: {close: {type: sandbox}}
channels:
  mail: {type: email, url: "smtp://mx.acme.example", from: r@acme.example}
  chat: {type: slack, token: "${TOKEN}"}
  box: {type: sandbox}
  hook: {type: webhook, url: "${HOOK}", secret: "${SECRET}"}
"""
REPORT = """\
when: {cron: "0 9 * * MON"}
report: [{id: deals, source: close, query: opportunities, follow: closed, params: {status_type: active}}]
"""
ENVIRON = {"TOKEN": "t", "HOOK": "https://hook.acme.example", "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


def loaded(place: Path, entry: str, more: str = "", project: str = PROJECT) -> Loaded:
    (place / "schedules").mkdir(exist_ok=True)
    (place / "funnelbeat.yaml").write_text(project, encoding="utf-8")
    (place / "schedules" / "week.yaml").write_text(f"{REPORT}{more}to:\n  - {entry}\n", encoding="utf-8")
    return load(place, registry(), ENVIRON)


def schedule(place: Path, entry: str, more: str = "", project: str = PROJECT) -> Schedule:
    found = loaded(place, entry, more, project)
    assert [str(one) for one in found.complaints] == []
    assert found.bundle is not None
    assert decode(encode(found.bundle)) == found.bundle
    return found.bundle.schedules["week"]


@pytest.mark.parametrize(
    ("entry", "ids"),
    [
        ("{channel: mail, address: [a@x.example, B@Y.example]}", ["mail:a@x.example", "mail:B@y.example"]),
        ("{id: team, channel: mail, address: [a@x.example, b@x.example]}", ["team:a@x.example", "team:b@x.example"]),
        ("{id: team, channel: mail, address: [a@x.example]}", ["team"]),
        ("{channel: chat, address: [C0123456789, U0123456789]}", ["chat:C0123456789", "chat:U0123456789"]),
        ("{channel: box, address: [a@x.example, C0123456789]}", ["box:a@x.example", "box:C0123456789"]),
    ],
)
def test_each_address_is_an_entry_of_its_own(tmp_path: Path, entry: str, ids: list[str]) -> None:
    made = schedule(tmp_path, entry, "digest: {locale: de_DE}\n")
    assert [one.id for one in made.to] == ids
    assert {(one.locale, one.address is None) for one in made.to} == {("de_DE", False)}


def test_an_address_that_joins_leaves_the_entry_of_the_other_as_it_was(tmp_path: Path) -> None:
    (before,) = schedule(tmp_path, "{channel: mail, address: a@x.example}").to
    assert schedule(tmp_path, "{channel: mail, address: [b@x.example, a@x.example]}").to[1] == before


def test_a_rule_notifies_all_addresses_of_an_entry_by_its_id(tmp_path: Path) -> None:
    rules = "alerts: [{id: big, for_each: deals, if: row.stalled, notify: [team]}]\n"
    made = schedule(tmp_path, "{id: team, channel: mail, address: [a@x.example, b@x.example]}", rules)
    assert made.alerts[0].notify == ("team:a@x.example", "team:b@x.example")


def test_an_entry_that_a_rule_brings_along_may_have_several_addresses(tmp_path: Path) -> None:
    own = "{id: ops, channel: mail, address: [a@x.example, b@x.example]}"
    rules = (
        f"alerts: [{{id: big, for_each: deals, if: row.stalled, notify: {own}}}, "
        "{id: old, for_each: deals, if: row.stalled, notify: ops}]\n"
    )
    made = schedule(tmp_path, "{channel: mail, address: c@x.example}", rules)
    assert [one.id for one in made.notify] == ["ops:a@x.example", "ops:b@x.example"]
    assert {rule.notify for rule in made.alerts} == {("ops:a@x.example", "ops:b@x.example")}


@pytest.mark.parametrize(
    ("entry", "cc"),
    [
        ("{channel: mail, address: a@x.example, cc: B@Y.example}", ("B@y.example",)),
        ("{channel: mail, address: a@x.example, cc: [b@x.example, c@x.example]}", ("b@x.example", "c@x.example")),
        ("{channel: mail, each: owner, cc: boss@x.example}", ("boss@x.example",)),
    ],
)
def test_copies_are_kept_normalised(tmp_path: Path, entry: str, cc: tuple[str, ...]) -> None:
    assert [one.cc for one in schedule(tmp_path, entry).to] == [cc]


@pytest.mark.parametrize(
    ("of_entry", "of_digest", "kept"),
    [
        ("", "", ()),
        ("", "Sales <s@X.example>", ("Sales <s@x.example>",)),
        ("[a@x.example, B <b@x.example>]", "s@x.example", ("a@x.example", "B <b@x.example>")),
    ],
)
def test_where_answers_go_is_said_by_the_entry_else_by_the_digest(
    tmp_path: Path, of_entry: str, of_digest: str, kept: tuple[str, ...]
) -> None:
    more = f"digest: {{reply_to: {of_digest}}}\n" if of_digest else ""
    entry = f"{{channel: mail, address: a@x.example{f', reply_to: {of_entry}' if of_entry else ''}}}"
    assert [one.reply_to for one in schedule(tmp_path, entry, more).to] == [kept]


@pytest.mark.parametrize("name", ["Müller, Anna", 'Anna "AM" Müller', "Sales <b@x.example>", "Sales; Berlin", "a\\\\b"])
def test_a_name_that_needs_quotes_can_be_written_into_a_header(tmp_path: Path, name: str) -> None:
    escaped = name.replace('"', '\\"')
    (one,) = schedule(tmp_path, f"{{channel: mail, address: a@x.example, reply_to: '\"{escaped}\" <s@x.example>'}}").to
    assert [mailbox(text) for text in one.reply_to] == [(name.replace("\\\\", "\\"), "s@x.example")]


def test_what_the_digest_says_of_answers_counts_only_for_mail(tmp_path: Path) -> None:
    made = schedule(tmp_path, "{channel: chat, address: C0123456789}", "digest: {reply_to: s@x.example}\n")
    assert [one.reply_to for one in made.to] == [()]


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        ("address: [a@x.example, nobody]", "4:44", '`address` with "nobody"; write one like name@example.com ('),
        ("address: []", "4:30", "`address` with an empty list; write an address"),
        ("address: [a@x.example, A@x.example]", "4:44", "A@x.example for the second time in `address`; keep it once"),
        ("address: {to: a@x.example}", "4:30", "`address` with a mapping; write text"),
        ("address: a@x.example, cc: a@X.example", "4:47", "a@x.example in `cc` and in `address`"),
        ("address: [a@x.example, b@x.example], cc: c@x.example", "4:58", "`cc` beside 2 addresses, each of which gets"),
        ("address: a@x.example, cc: [b@x.example, nobody]", "4:61", '`cc` with "nobody"; '),
        ("address: a@x.example, cc: [b@x.example, b@x.example]", "4:61", "b@x.example for the second time in `cc`"),
        (
            "address: a@x.example, cc: jörg@x.example",
            "4:47",
            '`cc` with "jörg@x.example", beyond ASCII; write an entry',
        ),
        ("address: a@x.example, cc: []", "4:47", "`cc` with an empty list; write at least one, or leave the key out"),
        (
            "address: a@x.example, reply_to: []",
            "4:53",
            "`reply_to` with an empty list; write at least one, or leave the key out",
        ),
        ("address: a@x.example, days: []", "4:49", "`days` with an empty list; write at least one, or leave the"),
        ("address: a@x.example, quiet_hours: {days: []}", "4:63", "`days` with an empty list; write at least one, or"),
        (
            "address: a@x.example, reply_to: Sales",
            "4:53",
            '`reply_to` with "Sales"; write one address, such as Sales <s',
        ),
        ("address: a@x.example, reply_to: [b@x.example, c]", "4:67", '`reply_to` with "c"; write one address'),
        (
            "address: a@x.example, reply_to: 'O''Hara, Mara <m@x.example>'",
            "4:53",
            """with "O'Hara, Mara <m@x.example>"; write '"O''Hara, Mara" <m@x.example>': a name with a comma""",
        ),
        ("address: a@x.example, reply_to: 'a@x.example, b@x.example'", "4:53", "; write one address, such as Sales"),
        ("address: a@x.example, reply_to: jörg@x.example", "4:53", "is ASCII: not every server takes another"),
        (
            "address: a@x.example, reply_to: [a@a.a, b@b.b, c@c.c, d@d.d, e@e.e, f@f.f]",
            "4:43",
            "with 6 addresses; write",
        ),
    ],
)
def test_each_fault_is_one_sentence_at_its_place(tmp_path: Path, entry: str, place: str, words: str) -> None:
    (told,) = loaded(tmp_path, f"{{channel: mail, {entry}}}").complaints
    assert str(told).startswith(f"schedules/week.yaml:{place}: "), told
    assert words in str(told)


@pytest.mark.parametrize("key", ["address: sales@acme", "address: a@x.example, cc: sales@acme"])
def test_a_domain_without_a_dot_is_warned_of(tmp_path: Path, key: str) -> None:
    found = loaded(tmp_path, f"{{channel: mail, {key}}}")
    assert found.complaints == ()
    (warned,) = [str(one) for one in found.warnings]
    assert "sales@acme, whose domain has no dot; write the whole domain, unless it is a host of your own" in warned


OF_A_CHANNEL = {
    "mail": ("ben @acme.example", "one like name@example.com"),
    "chat": ("#sales", "the id of a channel or person, as C0123456789"),
    "box": ("ben.acme.example", "a mail address like name@example.com; a channel of `type: sandbox` also takes the id"),
}


@pytest.mark.parametrize("channel", OF_A_CHANNEL)
def test_an_address_that_is_refused_is_told_once_and_then_what_to_write(tmp_path: Path, channel: str) -> None:
    address, expected = OF_A_CHANNEL[channel]
    (told,) = loaded(tmp_path, f'{{channel: {channel}, address: "{address}"}}').complaints
    assert told.found == f'`address` with "{address}"'
    assert told.expected.startswith(f"write {expected}")
    assert "found" not in told.expected


@pytest.mark.parametrize("key", ["cc: b@x.example", "reply_to: b@x.example"])
@pytest.mark.parametrize("entry", ["channel: chat, address: C0123456789", "channel: box, address: C0123456789"])
def test_only_mail_has_copies_and_answers(tmp_path: Path, entry: str, key: str) -> None:
    told = [str(one) for one in loaded(tmp_path, f"{{{entry}, {key}}}").complaints]
    assert any(f"`{key[:2]}" in one for one in told), told


def test_too_many_copies_are_refused(tmp_path: Path) -> None:
    many = ", ".join(f"a{n}@x.example" for n in range(21))
    (told,) = loaded(tmp_path, f"{{channel: mail, address: a@x.example, cc: [{many}]}}").complaints
    assert "`cc` with 21 addresses; write at most 20" in str(told)


SEVERAL = "{id: team, channel: mail, address: [a@x.example, b@x.example]}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SEVERAL, "{id: team, channel: mail, address: c@x.example}"),
        ("{id: team:a@x.example, channel: chat, address: C0123456789}", SEVERAL),
    ],
)
def test_no_two_entries_have_one_id(tmp_path: Path, first: str, second: str) -> None:
    (told,) = loaded(tmp_path, f"{first}\n  - {second}").complaints
    assert "for the second time (first in line 4)" in str(told)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("{channel: mail, address: [a@acme.example, b@other.example]}", "4:47"),
        ("{channel: mail, address: a@acme.example, cc: [c@acme.example, b@other.example]}", "4:67"),
        ("{channel: mail, address: a@acme.example, cc: b@other.example}", "4:50"),
    ],
)
def test_the_allow_list_counts_for_each_address(tmp_path: Path, entry: str, place: str) -> None:
    project = f"{PROJECT}subscriptions: {{allow: [acme.example]}}\n"
    (told,) = loaded(tmp_path, entry, project=project).complaints
    assert str(told).startswith(f"schedules/week.yaml:{place}: ")
    assert "b@other.example, which `subscriptions.allow`" in str(told)


def test_without_an_allow_list_the_domains_of_copies_pass(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{channel: mail, address: a@acme.example, cc: b@other.example}")
    assert found.bundle is not None
    assert found.bundle.allow == ("acme.example", "other.example")


def test_a_target_with_one_reader_sends_no_copies(tmp_path: Path) -> None:
    project = PROJECT + "targets: {dev: {project: acme-dev, readers: {channel: mail, address: me@x.example}}}\n"
    loaded(tmp_path, "{channel: mail, address: a@x.example, cc: b@x.example}", project=project)
    found = load(tmp_path, registry(), {**ENVIRON, "FUNNELBEAT_TARGET": "dev"})
    assert found.bundle is not None
    assert [(one.address, one.cc) for one in found.bundle.schedules["week"].to] == [("me@x.example", ())]


@pytest.mark.parametrize("key", ["address", "cc", "reply_to"])
def test_an_editor_takes_an_address_and_a_list(key: str) -> None:
    entry = schema(registry())["schedules/*.yaml"]["properties"]["to"]["items"]["properties"][key]
    assert [one["type"] for one in entry["anyOf"]] == ["array", ["string", "number", "boolean"]]


def test_an_address_that_gets_two_messages_is_warned_of(tmp_path: Path) -> None:
    two = "{channel: mail, address: a@x.example, cc: b@x.example}\n  - {channel: mail, address: b@x.example}"
    (told,) = loaded(tmp_path, two).warnings
    assert "b@x.example in the entries `mail:a@x.example` and `mail:b@x.example`: two readers" in str(told)


@pytest.mark.parametrize("key", ["reply_to", "days"])
def test_an_empty_list_of_the_digest_is_refused_too(tmp_path: Path, key: str) -> None:
    (told,) = loaded(tmp_path, "{channel: mail, address: a@x.example}", f"digest: {{{key}: []}}\n").complaints
    assert str(told).endswith(f"`{key}` with an empty list; write at least one, or leave the key out")


@pytest.mark.parametrize("key", ["watch: []", "show: {tables: []}", "show: {columns: []}"])
def test_an_empty_list_of_an_item_is_refused_too(tmp_path: Path, key: str) -> None:
    report = REPORT.replace("params:", f"{key}, params:").removesuffix("\n")
    (told,) = told_of(tmp_path, PROJECT, report)
    assert told.endswith("with an empty list; write at least one, or leave the key out")


def test_an_empty_list_of_who_may_be_reached_does_not_mean_the_domains_of_the_definitions(tmp_path: Path) -> None:
    (told,) = told_of(tmp_path, f"{PROJECT}subscriptions: {{allow: []}}\n", REPORT)
    assert told.startswith("funnelbeat.yaml:8:24: `allow` with an empty list; write at least one")


def test_an_empty_list_is_taken_where_it_says_what_happens(tmp_path: Path) -> None:
    """No file, although the digest has one; nobody who shares an address; no words; nothing that has to be equal."""
    more = (
        "tags: []\ndigest: {attach: [deals]}\ninhibit: [{source: big, target: old, equal: []}]\n"
        "alerts: [{id: big, for_each: deals, if: row.stalled}, {id: old, for_each: deals, if: row.stalled}]\n"
    )
    entry = "{channel: mail, address: a@x.example, attach: []}"
    (one,) = schedule(tmp_path, entry, more, f"{PROJECT}shared_addresses: []\n").to
    assert one.attach == ()


def told_of(place: Path, project: str, report: str) -> list[str]:
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(project, encoding="utf-8")
    text = f"{report}\nto:\n  - {{channel: mail, address: a@x.example}}\n"
    (place / "schedules" / "week.yaml").write_text(text, encoding="utf-8")
    return [str(one) for one in load(place, registry(), ENVIRON).complaints]

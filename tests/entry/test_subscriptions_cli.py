"""`subscriptions`, as a person or a script uses it; real Redis, real mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console

EVE = "eve|eve@acme.example"
ADD = ("subscriptions", "add", "asked", "--channel", "mail", "--address", "eve@acme.example", "--id", "eve")


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        yield made


def listed(here: CommandLine, *words: str) -> dict[str, Any]:
    return {row["reader"]: row for row in here.document_of("subscriptions", "list", *words)}


def reasons(here: CommandLine, run: str) -> dict[str, str]:
    return {row["reader"]: row["state"] + (f" {row['reason'] or ''}").rstrip() for row in deliveries(here, run)}


def deliveries(here: CommandLine, run: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = here.document_of("explain", run)["deliveries"]
    return found


def test_an_address_is_subscribed_gets_the_digest_and_is_removed(here: CommandLine) -> None:
    seen = here.call(*ADD)
    assert (seen.exit_code, seen.stdout) == (0, f"{EVE} is subscribed to asked, from its next run on.\n")
    row = listed(here)[EVE]
    assert (row["state"], row["source"], row["locale"], row["timezone"]) == ("active", "cli", "en_GB", "Europe/Berlin")
    assert "@" in row["by"]
    assert row["at"].endswith("Z")
    assert EVE in here.document_of("plan")["schedules"][0]["readers"]
    run = here.run()
    assert {row["state"] for row in deliveries(here, run)} == {"sent"}
    assert {row["reader"] for row in deliveries(here, run)} == {*listed(here)}
    assert here.document_of("subscriptions", "remove", "asked", "eve")["removed"] is True
    assert EVE not in listed(here)
    assert {row["reader"] for row in deliveries(here, here.run())} == {*listed(here)}


def test_a_message_to_a_reader_who_left_is_still_made_again_byte_for_byte(here: CommandLine) -> None:
    here.call(*ADD, "--locale", "de_DE", "--rows", "row.value >= 50000")
    here.run()
    run = here.run()
    assert here.call("subscriptions", "remove", "asked", EVE).exit_code == 0
    here.call(*ADD, "--locale", "fr_FR")
    document = here.document_of("replay", run)
    assert len(document) == 3
    assert all(one["equal"] for one in document)


def test_a_paused_reader_is_skipped_and_told_later_what_moved_meanwhile(here: CommandLine) -> None:
    first = here.run()
    assert here.document_of("subscriptions", "pause", "asked", "team")["until"] is None
    assert listed(here, "asked")["team|sales@acme.example"]["state"] == "paused"
    second = here.run()
    assert reasons(here, second)["team|sales@acme.example"] == "skipped muted"
    assert here.document_of("subscriptions", "resume", "asked", "team")["was_paused"] is True
    assert here.document_of("subscriptions", "resume", "asked", "team")["was_paused"] is False
    third = here.run()
    past = {row["reader"]: row["past"]["deals"]["slot"] for row in deliveries(here, third)}
    assert past["team|sales@acme.example"] == first.split("@")[1].split("+")[0]
    assert past["held|held@acme.example"] == second.split("@")[1].split("+")[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--channel", "nail", "--address", "a@acme.example"), "no channel; did you mean `mail`?"),
        (("--channel", "mail", "--address", "a@"), "write one like name@example.com"),
        (
            ("--channel", "mail", "--address", "a@evil.example"),
            "(acme.example); write `subscriptions: {allow: [acme.example, evil.example]}` there",
        ),
        (("--channel", "mail", "--address", "a@acme.example", "--rows", "row.valu > 5"), "valu"),
        (("--channel", "mail", "--address", "a@acme.example", "--locale", "xx_XX"), "`locale` with"),
        (("--channel", "mail", "--address", "a@acme.example", "--timezone", "Berlin"), "Europe/Berlin"),
        (("--channel", "mail", "--address", "a@acme.example", "--send", "never"), "`send` with"),
        (("--channel", "mail", "--address", "a@acme.example", "--id", "a|b"), "`|`"),
        (("--channel", "mail", "--address", "a@acme.example", "--id", "team"), "another id"),
        (("--channel", "mail", "--address", "a@acme.example", "--expires", "2020-01-01"), "has passed"),
    ],
)
def test_what_a_definition_could_not_say_is_refused_in_the_same_words(
    here: CommandLine, words: tuple[str, ...], said: str
) -> None:
    seen = here.call("subscriptions", "add", "asked", *words)
    assert (seen.exit_code, seen.stdout) == (console.WRONG, "")
    assert said in seen.stderr
    assert len(listed(here)) == 2


def test_the_same_address_twice_is_two_readers_and_said(here: CommandLine) -> None:
    seen = here.call("subscriptions", "add", "asked", "--channel", "mail", "--address", "sales@acme.example")
    assert "sales@acme.example also gets it through team: two readers, two messages." in seen.stderr
    assert len(listed(here)) == 3


def test_a_language_without_words_and_a_zone_without_a_place_are_warned_of_as_check_does(here: CommandLine) -> None:
    words = ("subscriptions", "add", "asked", "--channel", "mail", "--address", "eva@acme.example", "--locale", "hu_HU")
    seen = here.call(*words, "--timezone", "CET")
    assert seen.exit_code == 0, seen.output
    warned = [line for line in seen.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 2, seen.stderr
    assert "no words of the language `hu`: messages are in English" in seen.stderr
    assert "the time zone `CET`, which is no place; write a place such as Europe/Berlin" in seen.stderr
    made = here.document_of(*words, "--id", "again")
    assert ["no words of the language `hu`" in one for one in made["warnings"]] == [True]
    plain = here.document_of(*words[:-1], "de_DE", "--id", "third")
    assert plain["warnings"] == []


def test_a_narrower_allow_list_stops_what_was_added_and_refuses_what_is_defined(here: CommandLine) -> None:
    here.call(*ADD)
    project = here.place / "funnelbeat.yaml"
    written = project.read_text("utf-8")
    project.write_text(f"{written}subscriptions: {{allow: [sales@acme.example]}}\n", "utf-8")
    seen = here.call("check")
    assert seen.exit_code == console.WRONG
    assert "held@acme.example, which `subscriptions.allow` of funnelbeat.yaml does not let pass" in seen.stderr
    allow = "{allow: [sales@acme.example, held@acme.example]}"
    project.write_text(f"{written}subscriptions: {allow}\n", "utf-8")
    here.deploy()
    assert listed(here)[EVE]["state"] == "not_allowed"
    assert reasons(here, here.run())[EVE] == "skipped not_allowed"


def test_every_key_of_an_entry_can_be_added_and_is_listed(here: CommandLine) -> None:
    more = ("--quiet-hours", "19:00-08:00", "--holidays", "DE-BE", "--days", "MON-FRI", "--collect", "weekly")
    form = ("--template", "pipeline", "--thread", "series", "--attach", "deals", "--send", "on_change")
    assert here.call(*ADD, *more, *form).exit_code == 0
    row = listed(here)[EVE]
    every = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    assert row["quiet_hours"] == {"from": "19:00", "to": "08:00", "days": every, "holidays": "DE-BE"}
    assert (row["days"], row["collect"]) == (every[:5], "weekly")
    assert (row["template"], row["thread"], row["attach"], row["send"]) == (
        "pipeline",
        "series",
        ["deals"],
        "on_change",
    )
    assert row["choices"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--quiet-hours", "19:00-"), "`from` without `to`; write `to: …` beside it"),
        (("--quiet-hours", "night"), "quiet_hours"),
        (("--quiet-hours", "25:00-08:00"), '`from` with "25:00"; write hours and minutes, such as 19:00'),
        (("--holidays", "XX"), '`holidays` with "XX"'),
        (("--days", "FUNDAY"), '`days` with "FUNDAY"; write weekdays, such as MON-FRI or MON,WED'),
        (("--collect", "hourly"), '`collect` with "hourly"'),
        (("--attach", "nothing"), '`attach` with "nothing", which is no item of `report`'),
        (("--template", "No Such"), '`template` with "No Such"'),
        (("--template", "nothing"), "`template`: there is no template nothing/email."),
        (("--template", "shared"), "`template`: there is no template shared/email."),
        (("--thread", "knot"), '`thread` with "knot"'),
    ],
)
def test_a_wrong_key_has_the_sentence_of_a_definition(here: CommandLine, words: tuple[str, ...], said: str) -> None:
    seen = here.call(*ADD, *words)
    assert seen.exit_code == console.WRONG
    assert said in seen.stderr.replace("\n", " ")
    assert EVE not in listed(here)

"""What changed inside definitions, as a reviewer reads it."""

from dataclasses import replace

from worker.domain.definition_changes import definition_changes
from worker.domain.definition_fields import HIDDEN, field_changes
from worker.domain.outgoing import EventWebhook, HeartbeatUrl
from worker.domain.schedule import Bundle, ChannelSpec, Connection, Defaults, Query, Schedule, Subscription, Trigger

DEALS = Query("deals", "close", "opportunities", params={"pipeline": "one"})
TEAM = Subscription("team", "mail", "team@tern.example", "pipeline", "en_GB", "UTC")
WEEK = Schedule(Trigger("cron", "UTC", "0 9 * * MON"), id="week", name="Week", report=(DEALS,), to=(TEAM,))
BUNDLE = Bundle(
    "tern",
    Defaults(),
    {"close": Connection("close", "close", {"api_key": "${KEY}"})},
    {"mail": ChannelSpec("mail", "email", {"url": "smtp://127.0.0.1", "from": "a@tern.example"})},
    {"week": WEEK},
    {"pipeline/email.txt.j2": "hello\nworld\n"},
)


def changed(after: Bundle) -> list[tuple[str, str, str | None, str | None]]:
    found = field_changes(BUNDLE, after, definition_changes(BUNDLE, after), lambda _, __, option: option == "api_key")
    return [(f"{one.kind} {one.name}".strip(), one.field, one.before, one.after) for one in found]


def test_fields_have_the_names_of_the_file_and_their_values() -> None:
    week = replace(
        WEEK,
        trigger=Trigger("every", "Europe/Berlin", seconds=900),
        report=(replace(DEALS, params={"pipeline": "two"}, follow_limit=10),),
        to=(replace(TEAM, address="all@tern.example"), replace(TEAM, id="boss")),
        paused=True,
    )
    found = changed(replace(BUNDLE, schedules={"week": week}))
    assert {one[1:] for one in found} == {
        ("when.timezone", "UTC", "Europe/Berlin"),
        ("when.cron", "0 9 * * MON", None),
        ("when.every", None, "15m"),
        ("report.deals.params.pipeline", "one", "two"),
        ("report.deals.follow_limit", None, "10"),
        ("to.team.address", "team@tern.example", "all@tern.example"),
        ("to.boss.channel", None, "mail"),
        ("to.boss.address", None, "team@tern.example"),
        ("to.boss.template", None, "pipeline"),
        ("to.boss.locale", None, "en_GB"),
        ("to.boss.timezone", None, "UTC"),
        ("paused", None, "true"),
    }


def test_a_reference_is_shown_and_a_secret_that_stands_in_its_place_is_not() -> None:
    after = replace(
        BUNDLE,
        connections={"close": Connection("close", "close", {"api_key": "api_live_5up3r"})},
        channels={"mail": ChannelSpec("mail", "email", {"url": "smtp://127.0.0.1", "from": "b@tern.example"})},
    )
    assert changed(after) == [
        ("connection close", "api_key", "${KEY}", HIDDEN),
        ("channel mail", "from", "a@tern.example", "b@tern.example"),
    ]
    assert changed(replace(BUNDLE, connections={"close": Connection("close", "close", {"api_key": "${NEW}"})})) == [
        ("connection close", "api_key", "${KEY}", "${NEW}")
    ]


def test_a_template_counts_its_lines_and_what_is_new_or_gone_has_no_fields() -> None:
    after = replace(BUNDLE, templates={"pipeline/email.txt.j2": "hello\nall\nof you\n"}, schedules={})
    assert changed(after) == [("template pipeline/email.txt.j2", "lines", None, "+2 −1")]
    assert field_changes(None, BUNDLE, definition_changes(None, BUNDLE), lambda *_: True) == ()


def test_defaults_are_fields_as_well() -> None:
    assert changed(replace(BUNDLE, defaults=Defaults(locale="de_DE"))) == [("defaults", "locale", None, "de_DE")]


def test_what_is_called_with_a_secret_shows_its_references_alone() -> None:
    hook = EventWebhook("ops", {"url": "https://x.example/5up3r", "secret": "${HOOK}"}, ("*",))
    old = replace(BUNDLE, heartbeat=HeartbeatUrl("https://ping.example/5up3r"), webhooks={"ops": hook})
    now = EventWebhook("ops", {"url": "${URL}", "secret": "${NEW}"}, ("run_ended",))
    after = replace(BUNDLE, heartbeat=HeartbeatUrl("${PING}", every=30), webhooks={"ops": now})
    found = field_changes(old, after, definition_changes(old, after), lambda *_: False)
    assert {(one.kind, one.field): (one.before, one.after) for one in found} == {
        ("heartbeat_url", "url"): (HIDDEN, "${PING}"),
        ("heartbeat_url", "every"): (None, "30"),
        ("webhook", "options.url"): (HIDDEN, "${URL}"),
        ("webhook", "options.secret"): ("${HOOK}", "${NEW}"),
        ("webhook", "events"): ("*", "run_ended"),
    }

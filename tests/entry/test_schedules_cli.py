"""`schedules` with tags and owners; real Redis."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        folder = made.place / "schedules"
        (folder / "mara.yaml").write_text(f"owner: Mara Lee\ntags: [sales, weekly]{MAIL}", encoding="utf-8")
        (folder / "team.yaml").write_text(f"owner: sales@acme.example\ntags: sales{MAIL}", encoding="utf-8")
        made.deploy()
        yield made


def listed(here: CommandLine, *words: str) -> list[str]:
    return [row["schedule"] for row in here.document_of("schedules", *words)]


def test_schedules_are_found_by_tags_and_owner(here: CommandLine) -> None:
    assert listed(here) == ["asked", "mara", "team"]
    assert listed(here, "--tag", "sales") == ["mara", "team"]
    assert listed(here, "--tag", "sales", "--tag", "weekly") == ["mara"]
    assert listed(here, "--owner", "mara lee") == ["mara"]
    assert listed(here, "--tag", "weekly", "--owner", "sales@acme.example") == []


def test_owner_and_tags_are_columns_where_a_schedule_has_them(here: CommandLine) -> None:
    heads, first, *_ = here.call("schedules", "--tag", "weekly").stdout.splitlines()
    assert heads.split()[-3:] == ["Name", "Owner", "Tags"]
    assert first.endswith("By mail  Mara Lee  sales, weekly")
    for name in ("mara", "team"):
        (here.place / "schedules" / f"{name}.yaml").unlink()
    here.deploy()
    assert here.call("schedules").stdout.splitlines()[0].split()[-1] == "Name"


def test_when_a_schedule_is_due_stands_in_words_and_for_programs_as_it_is_written(here: CommandLine) -> None:
    file = here.place / "schedules" / "team.yaml"
    file.write_text(file.read_text("utf-8").replace("every: 23h", 'cron: "0 8-18 * * MON-FRI"'), encoding="utf-8")
    here.deploy()
    heads, asked, _, team = here.call("schedules").stdout.splitlines()
    assert heads.split()[:2] == ["Schedule", "When"]
    assert asked[heads.index("When") :].startswith("Every 23 hours  ")
    assert re.match(r"team      Monday to Friday, every hour, 08:00-18:00 CES?T  ", team), team
    assert here.document_of("schedules")[-1]["trigger"] == "0 8-18 * * MON-FRI"


def test_a_slot_that_has_passed_is_due_since_then(here: CommandLine, empty_redis: EmbeddedRedis) -> None:
    """It stood below "Next", as if it came."""
    with Redis.from_url(empty_redis.url) as ledger:
        key = next(iter(ledger.scan_iter("*:due")))
        ledger.zadd(key, {"mara": 1_764_576_000_000})
    rows = here.call("schedules").stdout.splitlines()
    assert "due since Mon 01 Dec 2025" in next(row for row in rows if row.startswith("mara"))


def test_a_list_that_is_empty_says_which_tags_and_owners_there_are(here: CommandLine) -> None:
    result = here.call("schedules", "--tag", "sale")
    assert (result.exit_code, result.stdout) == (
        0,
        "No schedule has the tag sale. Tags: sales, weekly. Owners: Mara Lee, sales@acme.example.\n",
    )


def test_show_names_who_answers_for_the_schedule_of_a_run(here: CommandLine) -> None:
    key = here.document_of("trigger", "mara")["key"]
    assert here.call("show", key).stdout.splitlines()[1] == "  owner: Mara Lee; tags: sales, weekly"
    bare = here.document_of("trigger", "asked")["key"]
    assert "owner" not in here.call("show", bare).stdout


def test_plan_says_which_tag_was_added(here: CommandLine) -> None:
    file = here.place / "schedules" / "team.yaml"
    file.write_text(file.read_text("utf-8").replace("tags: sales", "tags: [sales, daily]"), encoding="utf-8")
    assert "team, tags: sales → sales, daily" in " ".join(here.call("plan").stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        ("schedules", "--tag="),
        ("schedules", "--tag", "sales", "--tag", " "),
        ("schedules", "--owner="),
        ("runs", ""),
        ("logs", "--schedule="),
        ("alerts", "list", "--match="),
        ("alerts", "list", ""),
        ("subscriptions", "list", ""),
        ("baselines", "list", "mara", "--reader="),
        ("baselines", "reset", "mara", "--query=", "--yes"),
        ("export", "mara@latest", "--query="),
        ("trigger", "mara", "--key="),
        ("--project=", "schedules"),
    ],
    ids=" ".join,
)
def test_an_empty_value_is_no_filter_that_takes_everything(here: CommandLine, words: tuple[str, ...]) -> None:
    result = here.call(*words)
    assert result.exit_code == 2
    assert "found an empty value, expected one." in result.stderr
    assert result.stdout == ""
    assert here.document_of(*words)["exit"] == 2

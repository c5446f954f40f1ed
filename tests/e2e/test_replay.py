"""Everything that was sent can be made again with the network off, byte for byte, from what is stored (promise 8)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.command_line import SCHEDULE, CommandLine, command_line, no_network, sha256
from worker import shipped
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import DeliveryState


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLine, list[str]]]:
    """Three delivered runs with changes between them, and then no sandbox any more. Each test leaves it as it was."""
    directory = tmp_path_factory.mktemp("replay")
    with EmbeddedRedis(directory / "redis") as own, command_line(own, directory / "project") as here:
        keys = [here.run() for _ in range(3)]
        assert {here.stands(key).state for key in keys} == {"delivered"}
        here.shut()
        yield here, keys


def stored(here: CommandLine) -> redis.Redis:
    return redis.Redis.from_url(here.redis.url)


def test_every_message_made_again_is_the_one_that_was_received(
    sent: tuple[CommandLine, list[str]], tmp_path: Path
) -> None:
    here, keys = sent
    again = tmp_path / "again"
    with no_network():
        for key in keys:
            shown = here.document_of("replay", key, "--out", str(again))
            assert [one["causes"] for one in shown] == [[], [], []]
            assert all(part["equal"] for one in shown for part in one["parts"])
    assert {sha256(path) for path in again.iterdir()} == here.received()
    assert len(here.received()) > 12, "mails, posts, threads and files"


def test_nothing_in_the_projects_directory_has_a_say(sent: tuple[CommandLine, list[str]]) -> None:
    here, keys = sent
    (here.place / "schedules" / "asked.yaml").write_text(SCHEDULE.replace("Asked for", "[broken"), encoding="utf-8")
    own = here.place / "templates" / "pipeline"
    own.mkdir(parents=True)
    (own / "email.subject.j2").write_text("another", encoding="utf-8")
    done = here.call("replay", keys[2])
    (here.place / "schedules" / "asked.yaml").write_text(SCHEDULE, encoding="utf-8")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("equal, byte for byte") == 3


def test_a_byte_changed_in_the_stored_bundle_is_refused_with_the_file_named(
    sent: tuple[CommandLine, list[str]],
) -> None:
    here, keys = sent
    with stored(here) as client:
        (name,) = [key for key in client.keys("acme:bundle:*") if not key.endswith(b":schedules")]
        whole = client.get(name)
        client.set(name, whole.replace(b"Asked for", b"Esked for"))
        done = here.call("replay", keys[2], "--json")
        client.set(name, whole)
    assert done.exit_code == 3
    assert "damaged in schedules/asked.yaml" in json.loads(done.stdout)["sentence"]


def test_an_answer_that_is_gone_is_named_and_the_difference_shown(
    sent: tuple[CommandLine, list[str]], tmp_path: Path
) -> None:
    here, keys = sent
    was = tmp_path / "was"
    here.call("replay", keys[2], "--out", str(was))
    with stored(here) as client:
        name = f"acme:snap:{dict(here.stands(keys[1]).snapshots)['deals']}"
        client.rename(name, "aside")
        done = here.call("replay", keys[2], "--against", str(was))
        client.rename("aside", name)
    assert done.exit_code == 1
    assert "deals: the answer it was compared with is no longer stored" in done.output
    assert "--- sent" in done.output
    assert here.call("replay", keys[0]).exit_code == 0


def test_another_version_is_named_where_it_renders_something_else(
    sent: tuple[CommandLine, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, keys = sent
    version = shipped.version()
    templates = tmp_path / "newer"
    for path in shipped.folder_of("templates").rglob("*.j2"):
        copy = templates / path.relative_to(shipped.folder_of("templates"))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with (templates / "pipeline" / "email.subject.j2").open("a", encoding="utf-8") as subject:
        subject.write(" (new)")
    monkeypatch.setattr(shipped, "folder_of", lambda _folder: templates)
    shipped.version.cache_clear()
    shown = {one["key"].split("/")[1].split("|")[0]: one for one in here.document_of("replay", keys[1])}
    shipped.version.cache_clear()
    assert shown["room"]["equal"]
    assert not shown["team"]["equal"]
    assert shown["team"]["causes"][0].startswith(f"it was rendered by {version}, and this is")


def test_what_was_decided_against_stays_although_the_reader_got_more_since(sent: tuple[CommandLine, list[str]]) -> None:
    here, keys = sent
    row = here.row(keys[1], "team")
    assert row.state is DeliveryState.SENT
    assert row.version == shipped.version()
    assert {baseline is not None for baseline in (row.compared_with or {}).values()} == {True}
    explained = here.document_of("explain", keys[1])
    (team,) = [one for one in explained["deliveries"] if one["reader"].startswith("team|")]
    assert team["decision"] == "requested"
    assert team["past"]["deals"]["slot"] == keys[0].split("@")[1].split("+")[0]


def test_a_run_that_sent_nothing_has_nothing_to_replay(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    with command_line(empty_redis, tmp_path / "project") as here:
        assert here.box is not None
        here.box.call(lambda box: box.faults.arm("* *", "status", times=1000))
        key = here.run()
        done = here.call("replay", key)
        assert (done.exit_code, here.stands(key).state) == (0, "failed")

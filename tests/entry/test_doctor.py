"""doctor on a project that is in order, and on ones where one thing is not."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from redis import Redis

from tests.support.command_line import MAIL, PROJECT, SCHEDULE, CommandLine, command_line
from tests.support.suspending import suspend
from worker.adapters.redis_server import EmbeddedRedis
from worker.flow.services import Services


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project") as made:
        yield made


def looked_at(here: CommandLine) -> dict[str, Any]:
    return {one["what"]: one for one in here.document_of("doctor")}


def write(here: CommandLine, name: str, text: str) -> None:
    (here.place / name).write_text(text, encoding="utf-8")


def test_a_project_in_order_has_no_failure_and_says_what_it_found(here: CommandLine) -> None:
    async def say_alive(services: Services) -> None:
        for kind in ("clock", "worker"):
            await services.heartbeats.say_alive(kind, "tern", 7)

    here.ask(say_alive)
    done = here.call("doctor")
    assert done.exit_code == 0, done.output
    found = looked_at(here)
    assert {one["level"] for one in found.values()} == {"ok"}, found
    assert "organization orga_" in found["connection close"]["sentence"]
    assert "history of 1 address readable" in found["channel chat (slack)"]["sentence"]
    assert found["clocks"]["sentence"] == "1 running on tern"
    assert found["broker"]["sentence"] == "messages that wait: now 0, deliver 0, fetch 0"
    assert found["project"]["sentence"] == "'acme' is this directory's"
    assert f"ok   {found['redis']['what']}: version" in done.stdout


def test_doctor_names_every_address_and_channel_that_is_not_used_any_more(here: CommandLine) -> None:
    assert not [what for what in looked_at(here) if what.startswith("suspended")]

    async def both(services: Services) -> None:
        await suspend(services, "address mail sales@acme.example", "550 5.1.1 no such user")
        await suspend(services, "channel chat", "token_revoked")

    here.ask(both)
    found = {what: one for what, one in looked_at(here).items() if what.startswith("suspended")}
    assert list(found) == ["suspended address mail sales@acme.example", "suspended channel chat"]
    assert {one["level"] for one in found.values()} == {"warn"}
    assert "550 5.1.1 no such user" in found["suspended address mail sales@acme.example"]["sentence"]


def test_a_connection_without_tls_is_a_warning_also_where_it_works(here: CommandLine) -> None:
    address = json.loads(here.settings.sandbox)["close"]
    written = f'{{type: close, base_url: "{address}", api_key: "${{KEY}}", tls: never}}'
    write(here, "funnelbeat.yaml", PROJECT.replace("{type: sandbox}}", f"{written}}}", 1))
    with patch.dict("os.environ", {"KEY": "api_sandbox"}):
        found = looked_at(here)["connection close"]
    assert found["level"] == "warn"
    assert "organization orga_" in found["sentence"]
    assert "its key or password and every answer travel unencrypted" in found["sentence"]


def test_the_cost_of_the_next_day_is_that_of_the_last_run(here: CommandLine) -> None:
    """A list that nobody has read is counted as one page, and that is said."""
    before = looked_at(here)["budget close"]["sentence"]
    assert before.endswith(" requests or more")
    here.run()
    after = looked_at(here)["budget close"]["sentence"]
    assert after.endswith(" requests, by the last runs")
    assert f"close, next 24 hours: {after.removeprefix('the next 24 hours ask for ')}." in here.call("plan").stdout


def test_what_only_weakens_is_a_warning_and_no_failure(here: CommandLine) -> None:
    write(here, "schedules/asked.yaml", MAIL)
    assert here.call("doctor").exit_code == 0
    found = looked_at(here)
    assert found["deployment"]["level"] == "warn"
    assert "funnelbeat plan" in found["deployment"]["sentence"]
    assert (found["clocks"]["level"], found["workers"]["level"]) == ("warn", "warn")
    assert found["workers"]["sentence"] == "none is running: nothing will be fetched or sent"


def test_a_slot_that_nobody_takes_is_a_failure(here: CommandLine) -> None:
    with Redis.from_url(here.redis.url) as client:
        client.zadd("acme:due", {"asked": int((time.time() - 300) * 1000)})
    assert here.call("doctor").exit_code == 1
    assert "no clock took it" in looked_at(here)["due slots"]["sentence"]


def test_a_secret_that_is_not_set_is_named_once_with_where_to_write_it(here: CommandLine) -> None:
    write(here, "funnelbeat.yaml", PROJECT.replace("{type: sandbox}", '{type: close, api_key: "${NO_SUCH_KEY}"}', 1))
    done = here.call("doctor")
    assert done.exit_code == 2
    found = looked_at(here)
    assert "connections.close.api_key needs it" in found["secret NO_SUCH_KEY"]["sentence"]
    assert f"write NO_SUCH_KEY=… into {here.place / '.env'}" in found["secret NO_SUCH_KEY"]["sentence"]
    assert "connection close" not in found
    assert done.stdout.count("NO_SUCH_KEY is") + done.stdout.count("needs NO_SUCH_KEY") == 0, "it is told once"
    assert found["channel mail (mail)"]["level"] == "ok", "the rest is looked at all the same"
    said = found["channel mail (mail)"]["sentence"]
    assert said.startswith("sends as reports@sandbox.example; the mail server answered: "), said


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_services_that_do_not_answer_or_refuse_the_key_are_told_apart(here: CommandLine) -> None:
    assert here.box is not None
    where = here.box.describe()
    broken = PROJECT.replace(
        "connections: {close: {type: sandbox}}",
        f'connections: {{close: {{type: close, api_key: wrong, base_url: "{where["close"]}"}}}}',
    ).replace(
        "mail: {type: sandbox}",
        f'mail: {{type: email, url: "smtp://127.0.0.1:{free_port()}?tls=never", from: a@acme.example}}',
    )
    write(here, "funnelbeat.yaml", broken)
    assert here.call("doctor").exit_code == 1
    found = looked_at(here)
    assert "401" in found["connection close"]["sentence"]
    assert "wrong" not in found["connection close"]["sentence"].split()
    assert "connection could not be made" in found["channel mail"]["sentence"]


def test_a_channel_whose_history_cannot_be_read_is_named(here: CommandLine) -> None:
    assert here.box is not None
    here.box.call(lambda box: box.slack.unknown.add("C0123456789"))
    write(here, "funnelbeat.yaml", slack(here))
    found = looked_at(here)
    assert found["channel chat"]["level"] == "fail"
    assert "history of C0123456789: channel_not_found" in found["channel chat"]["sentence"]


def slack(here: CommandLine) -> str:
    assert here.box is not None
    url = here.box.call(lambda box: box.slack_url)
    return PROJECT.replace("chat: {type: sandbox}", f'chat: {{type: slack, token: xoxb-sandbox, base_url: "{url}"}}')


def test_a_redis_that_is_not_there_is_one_line_and_the_rest_is_looked_at(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    done = here.call("doctor", "--json")
    assert done.exit_code == 3
    found = looked_at(here)
    assert found["redis"]["level"] == "fail"
    assert found["connection close"]["level"] == "ok"


def test_a_redis_that_drops_keys_is_refused_at_every_start_with_what_to_change(here: CommandLine) -> None:
    with Redis.from_url(here.redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            for command in ("doctor", "clock", "worker", "runs"):
                done = here.call(command)
                assert done.exit_code == 3, command
                assert "set maxmemory-policy noeviction" in done.output
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_a_broker_that_is_not_there_is_a_failure(here: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert here.call("doctor").exit_code == 1
    assert "the broker cannot be reached" in looked_at(here)["broker"]["sentence"]


def test_a_name_that_another_project_has_is_refused_where_it_would_be_deployed(
    here: CommandLine, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    (second / "schedules").mkdir(parents=True)
    (second / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (second / "schedules" / "other.yaml").write_text(SCHEDULE, encoding="utf-8")
    other = CommandLine(second, here.redis, None, here.settings)
    done = other.call("deploy", "--yes")
    assert done.exit_code == 2
    assert "belongs to another project directory" in done.output
    assert "which this machine has not deployed yet" in looked_at(other)["project"]["sentence"]


def test_a_second_machine_with_the_same_schedules_adopts_the_name(here: CommandLine, tmp_path: Path) -> None:
    second = tmp_path / "second"
    (second / "schedules").mkdir(parents=True)
    (second / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (second / "schedules" / "asked.yaml").write_text(SCHEDULE, encoding="utf-8")
    other = CommandLine(second, here.redis, None, here.settings)
    assert other.call("deploy", "--yes").exit_code == 0
    assert (second / ".funnelbeat" / "id").read_text() == (here.place / ".funnelbeat" / "id").read_text()
    (second / ".funnelbeat" / "id").write_text("another\n", encoding="ascii")
    assert other.call("deploy", "--yes").exit_code == 2
    assert looked_at(other)["project"]["level"] == "fail"

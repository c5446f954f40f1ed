"""The environment, read once: numbers that are none, files that hold what must not stand in an environment."""

from dataclasses import fields
from pathlib import Path

import pytest

from worker.adapters.definitions.channel_directories import FILES_DIR
from worker.adapters.definitions.secrets import SECRETS_DIR
from worker.adapters.definitions.target_names import TARGET
from worker.adapters.redis_program import SERVER
from worker.errors import SettingsError
from worker.settings import FROM_FILE, NOTES, READ_ELSEWHERE, Settings, read, sources, unknown


def test_what_is_unset_keeps_its_default() -> None:
    assert read({}) == Settings()
    assert read({"FUNNELBEAT_TICK": ""}) == Settings()


def test_every_setting_is_documented() -> None:
    assert set(NOTES) == {field.name for field in fields(Settings)}
    assert set(FROM_FILE) <= set(NOTES)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan and more"])
def test_a_number_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(SettingsError, match="FUNNELBEAT_TICK"):
        read({"FUNNELBEAT_TICK": text})


def test_an_address_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "redis_url"
    secret.write_text("redis://:hush@redis:6379/0\n", encoding="utf-8")
    assert read({"FUNNELBEAT_REDIS_URL_FILE": str(secret)}).redis_url == "redis://:hush@redis:6379/0"


def test_a_file_that_is_not_there_or_not_alone_is_refused_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"REDIS_URL_FILE: found .*nowhere"):
        read({"FUNNELBEAT_REDIS_URL_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match="expected one of the two") as refused:
        read({"FUNNELBEAT_REDIS_URL_FILE": "f", "FUNNELBEAT_REDIS_URL": "redis://:hush@redis"})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("text", ["inf", "nan", "1e400"])
def test_a_number_that_no_clock_can_wait_for_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=f"FUNNELBEAT_RUN_LEASE: found {text}, expected a finite number"):
        read({"FUNNELBEAT_RUN_LEASE": text})


@pytest.mark.parametrize(("heartbeat", "lease"), [("90", "60"), ("30", "60"), ("15", "20")])
def test_a_heartbeat_too_slow_for_its_lease_is_refused(heartbeat: str, lease: str) -> None:
    """Every run longer than its lease would be taken away from a worker that is still at it."""
    with pytest.raises(SettingsError, match=f"FUNNELBEAT_HEARTBEAT: found {heartbeat} s beside a lease of {lease} s"):
        read({"FUNNELBEAT_HEARTBEAT": heartbeat, "FUNNELBEAT_RUN_LEASE": lease})


def test_a_heartbeat_that_leaves_its_lease_a_second_chance_is_taken() -> None:
    assert read({"FUNNELBEAT_HEARTBEAT": "0.4", "FUNNELBEAT_RUN_LEASE": "1.5"}).heartbeat == pytest.approx(0.4)


@pytest.mark.parametrize("text", ["1_000", "٣", " 5 5", "0x10", "1,5"])
@pytest.mark.parametrize("name", ["FUNNELBEAT_TICK", "FUNNELBEAT_CONCURRENCY"])
def test_only_plain_digits_are_a_number(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read({name: text})


def test_a_time_beyond_a_week_is_refused() -> None:
    with pytest.raises(SettingsError, match="FUNNELBEAT_TICK: found 1e9, expected at most 604800 s"):
        read({"FUNNELBEAT_TICK": "1e9"})


def test_a_level_that_the_log_does_not_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="LOG_LEVEL: found 'verbose', expected debug, info, warning or error"):
        read({"FUNNELBEAT_LOG_LEVEL": "verbose"})


@pytest.mark.parametrize("name", FROM_FILE)
def test_an_empty_secret_file_is_no_unset_setting(tmp_path: Path, name: str) -> None:
    """A clock in production would otherwise serve an empty Redis of its own."""
    (tmp_path / "secret").write_text(" \n", encoding="utf-8")
    with pytest.raises(SettingsError, match="which is empty"):
        read({f"FUNNELBEAT_{name.upper()}_FILE": str(tmp_path / "secret")})


def test_a_sandbox_that_is_no_description_of_one_is_refused() -> None:
    with pytest.raises(SettingsError, match="FUNNELBEAT_SANDBOX"):
        read({"FUNNELBEAT_SANDBOX": "127.0.0.1"})


def test_a_variable_of_ours_that_is_no_setting_is_named_with_the_one_that_was_meant() -> None:
    given = {"FUNNELBEAT_TIK": "3", "FUNNELBEAT_PROJECT_DIR": ".", "FUNNELBEAT_REDIS_URL": "", "HOME": "/"}
    assert unknown(given) == ("FUNNELBEAT_TIK is no setting; did you mean FUNNELBEAT_TICK?",)
    assert unknown({"FUNNELBEAT_TICK_FILE": "f"}) == (
        "FUNNELBEAT_TICK_FILE is no setting; did you mean FUNNELBEAT_TICK?",
    )
    assert unknown({"FUNNELBEAT_XYZZY": "3"}) == ("FUNNELBEAT_XYZZY is no setting",)


def test_a_variable_that_an_adapter_reads_is_a_setting_too() -> None:
    assert set(READ_ELSEWHERE) == {SERVER, TARGET, SECRETS_DIR, FILES_DIR}
    assert unknown({SERVER: "valkey-server"}) == ()
    assert unknown({f"{SERVER}S": "valkey-server"}) == (f"{SERVER}S is no setting; did you mean {SERVER}?",)


def test_settings_say_where_each_is_from_and_show_no_secret(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://me:hidden@tern.example:6379/0", encoding="utf-8")
    environ = {
        "FUNNELBEAT_REDIS_URL_FILE": str(tmp_path / "url"),
        "FUNNELBEAT_BROKER_URL": "amqp://me:a@b:hidden@tern.example//",
        "FUNNELBEAT_TOKEN_KEY": "hidden" * 8,
        "FUNNELBEAT_TICK": "2",
    }
    found = {one.name: one for one in sources(read(environ), environ)}
    assert (found["tick"].value, found["tick"].origin) == ("2", "FUNNELBEAT_TICK")
    assert found["concurrency"].origin == "default"
    assert found["redis_url"].value == "redis://me:***@tern.example:6379/0"
    assert found["redis_url"].origin.startswith("FUNNELBEAT_REDIS_URL_FILE: ")
    assert found["token_key"].value == "***"
    assert not [one for one in found.values() if "hidden" in one.value]

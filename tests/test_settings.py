"""The environment, read once: numbers that are none, files that hold what must not stand in an environment."""

from dataclasses import fields
from pathlib import Path

import pytest

from worker.errors import SettingsError
from worker.settings import FROM_FILE, NOTES, Settings, read


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

"""What `up` does with a saved file, step by step: the watcher on fakes of Redis's whims."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from worker.domain.schedule import Bundle
from worker.entry.watcher import Watcher, stamps
from worker.errors import LedgerUnavailable, RequestError
from worker.flow.deploy.deploy import Changes
from worker.settings import Settings

PROJECT = """
project: tern
connections: {close: {type: close, api_key: "${TERN_KEY}"}}
channels: {mail: {type: email, url: "smtp://127.0.0.1?tls=never", from: a@tern.example}}
"""
SCHEDULE = """
name: Daily
when: {every: 1h}
report: [{id: deals, source: close, query: opportunities, params: {status_type: active}}]
to: [{channel: mail, address: b@tern.example}]
"""


class Deployer:
    """Keeps what it is given; raises what it was told to, once each."""

    def __init__(self) -> None:
        self.raises: list[Exception] = []
        self.deployed: list[Bundle] = []

    def __call__(self, bundle: Bundle) -> Changes:
        if self.raises:
            raise self.raises.pop(0)
        self.deployed.append(bundle)
        return Changes((), (), (), {})


@pytest.fixture(autouse=True)
def _at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said is a line for people, and no event of the log."""
    monkeypatch.setattr(Console, "is_terminal", True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TERN_KEY", "api_k")
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "schedules" / "daily.yaml").write_text(SCHEDULE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def deployer() -> Deployer:
    return Deployer()


@pytest.fixture
def watcher(place: Path, deployer: Deployer) -> Watcher:
    return Watcher(place, "tern", Settings(), deployer, stamps(place))


def save(place: Path, text: str, name: str = "daily") -> None:
    (place / "schedules" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_file_that_was_not_saved_is_not_deployed(watcher: Watcher, deployer: Deployer) -> None:
    watcher.look()
    assert deployer.deployed == []


def test_a_saved_file_is_deployed_once(watcher: Watcher, deployer: Deployer, place: Path) -> None:
    save(place, SCHEDULE.replace("1h", "2h"))
    watcher.look()
    watcher.look()
    assert [bundle.schedules["daily"].trigger.seconds for bundle in deployer.deployed] == [7200]


def test_redis_away_at_a_save_is_told_once_and_the_file_is_deployed_when_it_is_back(
    watcher: Watcher, deployer: Deployer, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(place, SCHEDULE.replace("1h", "2h"))
    deployer.raises = [LedgerUnavailable("Redis cannot be reached")] * 3
    for _ in range(5):
        watcher.look()
    assert len(deployer.deployed) == 1
    assert capsys.readouterr().err.count("Redis cannot be reached") == 1


def test_a_project_that_is_another_ones_is_told_and_watched_further(
    watcher: Watcher, deployer: Deployer, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(place, SCHEDULE.replace("1h", "2h"))
    deployer.raises = [RequestError("tern belongs to another directory")]
    watcher.look()
    watcher.look()
    assert "Not deployed; the last good definitions stay deployed.\ntern belongs" in capsys.readouterr().err
    save(place, SCHEDULE.replace("1h", "3h"))
    watcher.look()
    assert [bundle.schedules["daily"].trigger.seconds for bundle in deployer.deployed] == [10_800]


def test_a_file_that_is_removed_while_it_is_looked_at_counts_as_gone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stat = stamps(place), Path.stat
    seen: list[Path] = []

    def vanishing(self: Path, **options: Any) -> Any:
        """Gone after the first time that somebody asks for it."""
        if self.name == "daily.yaml":
            seen.append(self)
            if len(seen) > 1:
                raise FileNotFoundError(self)
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", vanishing)
    assert set(stamps(place)) <= set(whole)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda text: text.replace("tern\n", "stern\n"), "`project:` was tern and is stern now: end `up` and"),
        (
            lambda text: text.replace('{type: close, api_key: "${TERN_KEY}"}', "{type: sandbox}"),
            "`type: sandbox` needs a sandbox, which `up` starts only at its beginning: end `up` and",
        ),
        (
            lambda text: text.replace("TERN_KEY", "TERN_OTHER"),
            "connections.close.api_key needs TERN_OTHER, which is not set",
        ),
    ],
)
def test_what_only_another_start_can_bring_is_not_deployed(
    watcher: Watcher,
    deployer: Deployer,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[str], str],
    sentence: str,
) -> None:
    (place / "funnelbeat.yaml").write_text(edit(PROJECT), encoding="utf-8")
    watcher.look()
    assert deployer.deployed == []
    assert sentence in capsys.readouterr().err

"""A running sandbox is moved from outside: by `up` now and then, and by `sandbox step`."""

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.entry import moving_sandbox
from worker.entry.cli import app
from worker.sandbox.events import Event
from worker.sandbox.server import SandboxThread
from worker.sandbox.steps import SandboxSteps, in_words
from worker.settings import read


def test_the_pipeline_moves_when_its_time_has_come_and_not_before() -> None:
    now = [100.0]
    with SandboxThread() as box:
        steps = SandboxSteps(box.describe()["control"], lambda: now[0], every=60)
        assert steps.look() is None
        now[0] = 160
        moved = steps.look()
        assert moved is not None
        assert moved["Won"] >= 1
        assert steps.look() is None
        assert box.call(lambda running: running.pipeline.steps) == 1


def test_events_are_said_in_words() -> None:
    assert in_words(Counter({"Won": 2, "ValueChanged": 1})) == "2 won, 1 value changed"
    assert in_words(Counter({"ValueChanged": 4, "MovedPipeline": 2})) == "4 values changed, 2 moved to another pipeline"


def test_every_event_that_comes_twice_is_said_of_several() -> None:
    words = {kind.__name__: in_words(Counter({kind.__name__: 2})) for kind in Event.__subclasses__()}
    changed = {name: said for name, said in words.items() if name.endswith("Changed")}
    assert changed == {
        "ValueChanged": "2 values changed",
        "PeriodChanged": "2 periods changed",
        "CurrencyChanged": "2 currencies changed",
        "OwnerChanged": "2 owners changed",
        "StageChanged": "2 stages changed",
    }
    assert {len(said.split()) for name, said in words.items() if name not in {*changed, "MovedPipeline"}} == {2}


def test_sandbox_step_moves_the_sandbox_that_up_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUNNELBEAT_SANDBOX", raising=False)
    (tmp_path / ".funnelbeat").mkdir()
    call = ["--project", str(tmp_path), "sandbox", "step"]
    with SandboxThread() as box, moving_sandbox.moving_sandbox(tmp_path, box.describe_json(), "funnelbeat"):
        seen = CliRunner().invoke(app, call, catch_exceptions=False)
        assert (seen.exit_code, "won" in seen.output) == (0, True)
        shown = CliRunner().invoke(app, [*call, "--json"], catch_exceptions=False)
        assert json.loads(shown.stdout)["events"]["Won"] >= 1
    gone = CliRunner().invoke(app, call, catch_exceptions=False)
    assert gone.exit_code == 2
    assert gone.stderr == f"no sandbox runs for {tmp_path}: start `funnelbeat --project {tmp_path} up` first\n"


def test_a_second_up_says_so_and_leaves_the_sandbox_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second `up` took the place of the first. When it ended, `sandbox step` found no sandbox beside the first."""
    (tmp_path / ".funnelbeat").mkdir()

    def said() -> str:
        return "".join(capsys.readouterr())

    with SandboxThread() as one, SandboxThread() as two:
        first, second = one.describe_json(), two.describe_json()
        with moving_sandbox.moving_sandbox(tmp_path, first, "funnelbeat"):
            assert "Another `up`" not in said()
            with moving_sandbox.moving_sandbox(tmp_path, second, "funnelbeat") as look:
                assert "Another `up` runs for this project" in said()
                look()
                assert moving_sandbox.running_sandbox(tmp_path) == first
            assert moving_sandbox.running_sandbox(tmp_path) == first


def test_the_sandbox_of_a_second_up_takes_over_when_the_first_ends(tmp_path: Path) -> None:
    (tmp_path / ".funnelbeat").mkdir()
    with SandboxThread() as one, SandboxThread() as two, ExitStack() as both:
        both.enter_context(moving_sandbox.moving_sandbox(tmp_path, one.describe_json(), "funnelbeat"))
        with moving_sandbox.moving_sandbox(tmp_path, two.describe_json(), "funnelbeat") as look:
            both.close()
            look()
            assert moving_sandbox.running_sandbox(tmp_path) == two.describe_json()


def test_a_step_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent after it tells of deals that the next sandbox does not have."""
    monkeypatch.delenv("FUNNELBEAT_SANDBOX", raising=False)
    (tmp_path / ".funnelbeat").mkdir()
    with SandboxThread() as box, moving_sandbox.moving_sandbox(tmp_path, box.describe_json(), "funnelbeat"):
        assert moving_sandbox.begins_anew(tmp_path, "now", "The next digest") == ""
        CliRunner().invoke(app, ["--project", str(tmp_path), "sandbox", "step"], catch_exceptions=False)
    assert "start from the beginning now" in moving_sandbox.begins_anew(tmp_path, "now", "The next digest")


def test_a_sandbox_that_has_ended_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with SandboxThread() as box:
        written = box.describe_json()
    monkeypatch.setenv("FUNNELBEAT_SANDBOX", written)
    assert read().sandbox == written
    gone = CliRunner().invoke(app, ["sandbox", "step"], catch_exceptions=False)
    assert (gone.exit_code, "did not answer" in gone.stderr) == (2, True)

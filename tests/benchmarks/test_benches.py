"""Each bench runs, at sizes that tell nothing but that it works, and prints its ratio."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHES
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parent.parent.parent


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_measures_everyone_in_its_case_and_prints_its_ratios(name: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    ran = bench(name, "--size", "tiny", "--json", str(file))
    assert ran.returncode == 0, ran.stderr
    assert "  ratio: " in ran.stdout
    document = json.loads(file.read_text("utf-8"))
    (result,) = document["results"]
    assert result["bench"] == name
    assert len({figure["who"] for figure in result["figures"]}) > 1
    assert all(sample > 0 for figure in result["figures"] for sample in figure["samples"])
    for verdict in result["verdicts"]:
        reached = verdict["value"] >= verdict["aim"] if verdict["at_least"] else verdict["value"] <= verdict["aim"]
        assert verdict["met"] is reached
        assert verdict["what"] in ran.stdout
    assert f"{sum(v['met'] for v in result['verdicts'])} of {len(result['verdicts'])} aims met" in ran.stdout


def test_a_bench_that_does_not_exist_is_named_beside_those_that_do() -> None:
    ran = bench("tabels")
    assert ran.returncode == 2
    assert "there is no bench 'tabels'; there are claim, " in ran.stderr


def test_the_rival_stays_as_short_as_it_is_said_to_be() -> None:
    assert len((ROOT / "benchmarks" / "rival.py").read_text("utf-8").splitlines()) <= 120

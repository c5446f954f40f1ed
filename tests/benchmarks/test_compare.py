"""What became worse since the agreed run."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.compare import BASELINE, main
from benchmarks.page import PAGE, page

AGREED = {"bench": "claim", "what": "ours to RedBeat", "value": 12.0, "samples": [11.0, 12.0, 13.0], "at_least": True}


def document(**changed: Any) -> dict[str, Any]:
    verdict = {**AGREED, "unit": "×", "aim": 10, "met": True, **changed}
    return {"results": [{"bench": verdict.pop("bench"), "verdicts": [verdict]}]}


def compare(
    place: Path, capsys: pytest.CaptureFixture[str], fresh: dict[str, Any], agreed: dict[str, Any] | None = None
) -> tuple[int, str]:
    for name, one in (("agreed", agreed or document()), ("fresh", fresh)):
        (place / name).write_text(json.dumps(one), "utf-8")
    status = main([str(place / "fresh"), "--baseline", str(place / "agreed")])
    return status, capsys.readouterr().out


@pytest.mark.parametrize(("value", "status"), [(10.9, 1), (11.0, 0), (14.0, 0)])
def test_more_is_better_and_less_than_every_agreed_round_is_worse(
    value: float, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, text = compare(tmp_path, capsys, document(value=value, samples=[value]))
    assert found == status
    assert ("worse: claim: ours to RedBeat: 10.9 ×, was 12 × (11 to 13)" in text) is bool(status)
    assert f"{status} of 1 figures became worse" in text


@pytest.mark.parametrize(("value", "status"), [(13.1, 1), (13.0, 0), (2.0, 0)])
def test_where_less_is_better_more_than_every_agreed_round_is_worse(
    value: float, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    less = document(at_least=False)
    assert compare(tmp_path, capsys, document(at_least=False, value=value), less)[0] == status


def test_a_figure_of_one_round_may_be_a_twentieth_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = document(samples=[12.0])
    assert compare(tmp_path, capsys, document(value=11.5), once)[0] == 0
    assert compare(tmp_path, capsys, document(value=11.3), once)[0] == 1


def test_seconds_of_two_machines_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seconds = document(unit="s", at_least=False)
    status, text = compare(tmp_path, capsys, document(unit="s", at_least=False, value=99.0), seconds)
    assert (status, text) == (0, "0 of 0 figures became worse than their spread\n")


def test_a_figure_under_another_name_is_new_and_the_old_one_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = compare(tmp_path, capsys, document(what="ours to celery beat"))
    assert status == 0
    assert text.splitlines()[:2] == ["new: claim: ours to celery beat", "gone: claim: ours to RedBeat"]


def test_a_bench_that_did_not_run_is_not_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "gone" not in compare(tmp_path, capsys, {"results": []})[1]


@pytest.mark.parametrize("text", ["", "[]", '{"results": [{}]}'])
def test_a_file_of_something_else_is_an_error_of_use(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path / "other")])
    assert "a file of figures cannot be read: " in capsys.readouterr().err


def test_the_page_of_results_is_made_from_the_agreed_run() -> None:
    assert PAGE.read_text("utf-8") == page(json.loads(BASELINE.read_text("utf-8"))), "run `make bench-agree`"

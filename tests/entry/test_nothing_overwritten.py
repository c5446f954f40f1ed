"""init, demo and forget take nothing away that somebody else wrote, unless they are told to."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from worker.entry import console, demo, init_command
from worker.entry.cli import app
from worker.entry.new_project import slug
from worker.errors import RequestError


def call(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=answer, catch_exceptions=False)


@pytest.mark.parametrize("theirs", ["schedules/weekly-pipeline.yaml", "schedules/umami-week.yaml", "funnelbeat.yml"])
def test_init_writes_nothing_where_one_of_its_files_is_there(tmp_path: Path, theirs: str) -> None:
    mine = tmp_path / "acme" / theirs
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    seen = call("init", str(tmp_path / "acme"))
    assert seen.exit_code == 2
    assert f"{mine} exists already; init overwrites nothing" in seen.stderr
    assert [path for path in (tmp_path / "acme").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_service_of_ones_own_is_not_asked_about_where_its_schedule_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: True)
    mine = tmp_path / "schedules" / "weekly-pipeline.yaml"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    seen = call("init", str(tmp_path), answer="close\n")
    assert (seen.exit_code, mine.read_text(encoding="utf-8")) == (2, "mine")
    assert "API key" not in seen.output


def test_init_onto_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    seen = call("init", str(tmp_path / "file"))
    assert seen.exit_code == 2
    assert seen.stderr.startswith(f"{tmp_path / 'file'} cannot be written:")


@pytest.mark.parametrize("name", ["продажи", "Ünïcode prøject", "日本語", "x" * 80, "-", "²", "ACME Sales (EMEA)", "9"])
def test_a_project_begun_in_any_folder_checks_and_its_next_command_can_be_pasted(tmp_path: Path, name: str) -> None:
    seen = call("init", str(tmp_path / name))
    assert seen.exit_code == 0
    assert f"--project {shlex.quote(str(tmp_path / name))} preview" in seen.output
    assert call("--project", str(tmp_path / name), "check").exit_code == 0


@given(st.text(max_size=100))
def test_a_projects_name_is_made_of_what_a_name_may_hold(name: str) -> None:
    made = slug(name)
    assert 0 < len(made) <= 63
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert made.strip("-") == made


def test_demo_empties_only_a_folder_that_it_made(tmp_path: Path) -> None:
    out = tmp_path / "out"
    demo.make_ready(out)
    (out / "0001.eml").write_text("a message", encoding="utf-8")
    (out / "files").mkdir()
    demo.make_ready(out)
    assert [path.name for path in out.iterdir()] == [demo.MARK]


@pytest.mark.parametrize("theirs", ["funnelbeat.yaml", ".profile", "deep/file"])
def test_demo_refuses_a_folder_that_holds_something(tmp_path: Path, theirs: str) -> None:
    mine = tmp_path / theirs
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine", encoding="utf-8")
    seen = call("demo", "--once", "--out", str(tmp_path))
    assert seen.exit_code == 2
    assert f"{tmp_path} holds files that the demo did not write" in seen.stderr
    assert mine.read_text(encoding="utf-8") == "mine"


def test_demo_says_what_to_do_with_the_folder_of_an_early_version(tmp_path: Path) -> None:
    out = tmp_path / "demo out"
    out.mkdir()
    for name in ("journal.json", "runs.json", "0001-week.eml"):
        (out / name).write_text("{}", encoding="utf-8")
    seen = call("demo", "--once", "--out", str(out))
    assert seen.exit_code == 2
    assert f"remove it with `rm -r '{out}'`, or name another folder with --out" in seen.stderr
    assert len(list(out.iterdir())) == 3


def test_demo_takes_an_empty_folder_and_says_it_where_it_cannot_write(tmp_path: Path) -> None:
    demo.make_ready(tmp_path)
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(RequestError, match="cannot be written"):
        demo.make_ready(file)


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_forget_forgets_nothing_where_nobody_can_be_asked(option: list[str]) -> None:
    seen = call("forget", "sales@acme.example", *option)
    assert (seen.exit_code, "nothing was forgotten: nobody can be asked" in seen.output) == (2, True)


def test_forget_asks_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "can_ask", lambda: True)
    seen = call("forget", "sales@acme.example", answer="n\n")
    assert seen.exit_code == 1
    assert "Forget sales@acme.example? It cannot be undone." in seen.output

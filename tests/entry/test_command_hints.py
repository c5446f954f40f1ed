"""A command in a sentence for people can be copied as it stands."""

import ast
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.entry import command_hints
from worker.entry.cli import app
from worker.entry.command_hints import ALONE, begin, command_for, copyable, remember
from worker.entry.command_table import LISTED
from worker.entry.lazy_commands import command_of

ROOT = Path(command_hints.__file__).parents[1]
RUN = CliRunner()
COMMAND = "|".join(LISTED)
READERS = ("rendering/", "entry/reference", "entry/command_table.py", "entry/template_files.py")
"""Words of messages, of the console and of pages. Nobody has given a project there."""


def printed(*words: str) -> str:
    return RUN.invoke(app, words).output.replace("\n", " ")


def copied(text: str) -> list[str]:
    """The command that stands between backticks, as a shell would read it."""
    [command] = re.findall(r"`(funnelbeat [^`]+)`", text)
    return shlex.split(command)[1:]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a directory that is not the current one, with a name that a shell would take apart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUNNELBEAT_REDIS_URL", raising=False)
    assert RUN.invoke(app, ["init", "größe ok"]).exit_code == 0
    return tmp_path / "größe ok"


def test_a_hint_has_the_project_that_was_given_and_works_when_it_is_copied(elsewhere: Path) -> None:
    given = ["--project", elsewhere.name]
    for words in ((*given, "schedules"), ("schedules", *given)):
        hint = copied(printed(*words))
        assert hint == [*given, "deploy"]
    assert RUN.invoke(app, [*hint, "--yes"]).exit_code == 0


def test_a_hint_in_the_project_itself_names_no_project(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(elsewhere)
    assert "`funnelbeat deploy`" in printed("schedules")


def test_a_hint_has_the_target_that_was_given(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = elsewhere / "funnelbeat.yaml"
    file.write_text(file.read_text("utf-8") + "targets:\n  dev: {project: acme-dev}\n", encoding="utf-8")
    monkeypatch.setenv("FUNNELBEAT_TARGET", "")
    said = printed("--project", elsewhere.name, "--target", "dev", "schedules")
    assert "`funnelbeat --project 'größe ok' --target dev deploy`" in said


def test_what_belongs_to_no_project_is_left_as_it_is(tmp_path: Path) -> None:
    begin(None)
    remember(tmp_path / "p")
    assert copyable("begin with `funnelbeat init DIR`") == "begin with `funnelbeat init DIR`"
    assert copyable("`funnelbeat --help` lists the commands") == "`funnelbeat --help` lists the commands"
    once = copyable("`funnelbeat deploy` first")
    assert once == f"`funnelbeat --project {tmp_path / 'p'} deploy` first"
    assert copyable(once) == once
    begin(None)
    assert copyable("`funnelbeat deploy`") == "`funnelbeat deploy`"


def test_without_a_link_in_path_the_program_is_named_as_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "env" / "bin" / "funnelbeat")])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_for(tmp_path) == "env/bin/funnelbeat"
    assert copyable("`funnelbeat init DIR`") == "`env/bin/funnelbeat init DIR`"


def test_the_commands_of_no_project_are_known() -> None:
    """Only these take no project."""
    without = {
        name
        for name in LISTED
        if not (group := hasattr(command_of(name), "commands"))
        and "project" not in {one.name for one in command_of(name).params}
        and not group
    }
    assert without == ALONE


def sentences() -> Iterator[tuple[str, str]]:
    """Every text in the code, with its place: not docstrings, and not the help of an option or a group."""
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if where.startswith(READERS):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        left_out = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
        left_out |= {
            id(text)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            for word in call.keywords
            if word.arg in {"help", "note", "description"}
            for text in ast.walk(word.value)
        }
        pieces = [one for one in ast.walk(tree) if isinstance(one, ast.JoinedStr)]
        inside = {id(part) for one in pieces for part in one.values}
        for one in ast.walk(tree):
            if id(one) in left_out or id(one) in inside:
                continue
            if isinstance(one, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "X" for part in one.values]
                yield f"{where}:{one.lineno}", "".join(map(str, parts))
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield f"{where}:{one.lineno}", one.value


@pytest.mark.parametrize(
    "bypass",
    [
        pytest.param(re.compile(rf"(?<![`/\w-])funnelbeat (?:--project|{COMMAND})\b"), id="not between backticks"),
        pytest.param(re.compile(rf"`(?:{COMMAND}) [^`]+`"), id="without our name"),
        pytest.param(
            re.compile(rf"(?i)\b(?:run|call|use|copy it from|begin with|start with|or|see) `(?:{COMMAND})`"),
            id="an instruction without our name",
        ),
        pytest.param(re.compile(rf"`(?:{COMMAND})` (?:first|lists|shows)\b"), id="what it does"),
    ],
)
def test_no_sentence_bypasses_the_helper(bypass: re.Pattern[str]) -> None:
    """A command for the reader is written as `funnelbeat COMMAND …` between backticks, and is completed where it is
    printed.
    """
    assert [f"{place}: {text}" for place, text in sentences() if bypass.search(text)] == []

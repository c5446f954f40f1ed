"""The help, completion and start of commands: fast, grouped, and never cut."""

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worker.entry.cli import app
from worker.entry.command_table import LISTED, Section

ENTRY = Path(importlib.import_module("worker.entry").__file__ or "").parent
TERMINAL = 80
HEAVY = ("celery", "redis", "pydantic", "starlette", "httpx", "jinja2", "babel")


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": str(TERMINAL), **more}
    command = [sys.executable, "-m", "worker.entry", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


def test_every_command_of_a_module_is_listed_and_every_listed_one_exists() -> None:
    found = {}
    for path in ENTRY.glob("*.py"):
        module = importlib.import_module(f"worker.entry.{path.stem}") if path.stem != "__main__" else None
        for name in {**getattr(module, "COMMANDS", {}), **getattr(module, "GROUPS", {})}:
            found[name] = path.stem
    assert {name: listed.module for name, listed in LISTED.items()} == found


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_grouped_and_cuts_nothing(flag: str) -> None:
    shown = run(flag).stdout
    for name, listed in LISTED.items():
        assert f"{name}  " in shown
        assert f"  {listed.summary}\n" in shown, f"{name} is cut"
    assert [line[:-1] for line in shown.splitlines() if line[:-1] in set(Section)] == list(Section)
    assert max(map(len, shown.splitlines())) <= TERMINAL


@pytest.mark.parametrize("name", LISTED)
def test_a_command_says_what_its_values_are_in_words(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "-h"]).stdout
    assert not re.search(r"<(int|str|list|path|float|bool)\b", shown)
    assert "[[" not in shown


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_what_needs_no_command_imports_none(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from worker.entry.cli import app\n"
        f"try: app({words!r})\n"
        "except SystemExit: pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "[]\n"


def test_completion_names_the_commands() -> None:
    asked = run(_FUNNELBEAT_COMPLETE="complete_bash", COMP_WORDS="funnelbeat ru", COMP_CWORD="1")
    assert asked.stdout.split() == ["run", "runs"]


def test_completion_of_a_commands_name_imports_no_command() -> None:
    heavy = set(HEAVY) - {"pydantic"}  # typer imports it to read the options
    program = (
        "import sys\n"
        "from worker.entry.cli import app\n"
        "sys.argv = ['funnelbeat']\n"
        "try: app(prog_name='funnelbeat')\n"
        "except SystemExit: pass\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    asked = {**os.environ, "_FUNNELBEAT_COMPLETE": "complete_bash", "COMP_WORDS": "funnelbeat che", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=asked, capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout.split(), done.stderr) == (["check"], "[]\n")


def test_a_reader_that_has_read_enough_is_no_failure() -> None:
    piped = f"{shlex.quote(sys.executable)} -m worker.entry --help | true; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["/bin/bash", "-c", piped], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("0\n", "")


def test_a_table_that_nobody_reads_to_its_end_is_no_failure(tmp_path: Path) -> None:
    """The pipe is closed before the command writes, so that the write fails for sure."""
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "worker.entry", "--project", str(tmp_path), "init", str(tmp_path / "acme")]
    with os.fdopen(write, "w") as closed:
        ended = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("word", "said"), [("chek", "did you mean `check`?"), ("zzz", "`funnelbeat --help` lists the commands.")]
)
def test_a_command_that_does_not_exist_gets_the_nearest_name(word: str, said: str) -> None:
    seen = CliRunner().invoke(app, [word])
    assert (seen.exit_code, f"There is no command '{word}'; {said}" in seen.output) == (2, True)


GROUPS = ["alerts", "baselines", "chat", "deliveries", "sandbox", "subscriptions", "templates", "tokens", "webhooks"]


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_without_a_command_is_its_help_or_a_list_and_cuts_no_summary(name: str) -> None:
    """`templates` and `subscriptions` said "Missing command.", and summaries ended within a sentence."""
    assert "Missing command" not in CliRunner().invoke(app, ["--project", "/nowhere", name]).output
    shown = CliRunner().invoke(app, [name, "-h"]).output
    assert [line for line in shown.splitlines() if line.endswith("...") and "Usage:" not in line] == []

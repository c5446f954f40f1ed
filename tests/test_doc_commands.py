"""Every command of README.md and the pages: it is run here as a reader would run it, or the page says why not.

A comment before a block says how it is treated: `<!-- not run: REASON -->`, or `<!-- run: beside up -->`.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.machines.site import running, until
from tests.support.patience import PATIENCE
from tests.test_docs import PAGES, ROOT
from worker.adapters.redis_program import SERVER
from worker.entry.command_table import LISTED
from worker.entry.lazy_commands import CHAT, Commands
from worker.entry.reference_commands import every_command
from worker.plugins import CHANNEL_TYPES

WHY_NOT = {
    "a test of its own follows the page",
    "an account",
    "Docker",
    "installs for the user",
    "root",
    "runs until it is stopped",
}
BESIDE_UP = "beside up"
_BLOCK = re.compile(
    r"(?:^<!-- (?P<how>run|not run): (?P<mark>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"`(funnelbeat [^`]*)`")
SHELLS = {"sh", "console", "bash"}
COMMANDS = {words.removeprefix("funnelbeat "): command for words, command in every_command()}
GROUPS = {words.split()[0] for words in COMMANDS if " " in words}
EVERYWHERE = {"--project", "--target", "--help", "-h", "--version"}
KINDS = {kind for kind in CHANNEL_TYPES if kind not in LISTED and Commands().get_command(None, kind) is not None}
STATIC = "docs/reference/"


@dataclass(frozen=True)
class Block:
    """`place`: page and number of the block. `how`: "run", "not run" or empty; `mark` says more about it."""

    place: str
    kind: str
    body: str
    how: str
    mark: str

    @property
    def page(self) -> str:
        return self.place.partition(":")[0]

    @property
    def make(self) -> bool:
        return any(line.split()[:1] == ["make"] or "=redis-server make" in line for line in self.body.splitlines())


def blocks() -> Iterator[Block]:
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        for number, found in enumerate(_BLOCK.finditer(page.read_text("utf-8")), 1):
            how, mark = found["how"] or "", found["mark"] or ""
            yield Block(f"{name}:{number}", found["kind"], found["body"], how, mark)


SHELL_BLOCKS = [block for block in blocks() if block.kind in SHELLS]
RUN = [block for block in SHELL_BLOCKS if block.how != "not run" and not block.make]


def test_a_block_of_commands_is_marked_as_one() -> None:
    starts = ("funnelbeat ", "docker ", "make ", "pip ", "curl ", "$ ")
    assert [block.place for block in blocks() if block.kind == "" and block.body.startswith(starts)] == []


def test_a_block_that_is_not_run_says_why() -> None:
    marked = [block for block in SHELL_BLOCKS if block.how]
    assert {block.mark for block in marked if block.how == "not run"} <= WHY_NOT
    assert {block.mark for block in marked if block.how == "run"} == {BESIDE_UP}
    assert len(RUN) > 5


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "\n".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")
    named = set(re.findall(r"(?:^|`|=redis-server )make ([a-z-]+)", text, re.MULTILINE))
    assert "demo" in named
    assert named - targets == set()


def named_commands() -> Iterator[tuple[str, str]]:
    """Page and command: those in the text, and every line of a block, run or not."""
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        if not name.startswith(STATIC) and page.name != "CHANGELOG.md" and "decisions" not in name:
            for found in _INLINE.finditer(page.read_text("utf-8")):
                yield name, " ".join(found[1].split())
    for block in SHELL_BLOCKS:
        for line in block.body.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").partition(" #")[0].strip()
            if command.startswith("funnelbeat "):
                yield block.page, command


@pytest.mark.parametrize(("page", "command"), sorted(set(named_commands())))
def test_every_command_that_a_page_names_exists_with_its_options(page: str, command: str) -> None:
    words = shlex.split(command.replace("[", "").replace("]", "").replace("…", ""))[1:]
    if words[:1] == ["--project"]:
        words = words[2:]
    if words and words[0] in KINDS:  # a kind of chat names the group for it
        words[0] = CHAT
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    if not words or words[0].startswith("-"):
        assert options <= EVERYWHERE
        return
    depth = 2 if words[0] in GROUPS and " ".join(words[:2]) in COMMANDS else 1
    name = " ".join(words[:depth])
    if name in GROUPS - set(COMMANDS):
        assert options <= EVERYWHERE, page
        return
    known = {spelling for parameter in COMMANDS[name].params for spelling in parameter.opts}
    assert options - known - EVERYWHERE == set(), page


@dataclass(frozen=True)
class Shell:
    """`place`: where commands are given. `environment` is that of somebody without settings."""

    place: Path
    environment: Mapping[str, str]

    def run(self, text: str) -> str:
        """Standard output. Raises AssertionError with what was printed if a command fails."""
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", text],
            cwd=self.place,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return shell_at(tmp_path)


def shell_at(place: Path) -> Shell:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FUNNELBEAT_") or name == SERVER}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return Shell(place, {**kept, "PATH": path, "HOME": str(place), "TZ": "Europe/Berlin", "COLUMNS": "100"})


BEGINS = {block.page for block in RUN if "funnelbeat init acme" in block.body}
"""Pages that make their project themselves."""


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(BEGINS))
def test_a_page_that_begins_with_init_works_word_by_word(page: str, shell: Shell) -> None:
    first, beside = (
        [block for block in RUN if block.page == page and (block.mark == BESIDE_UP) is late] for late in (False, True)
    )
    for block in first:
        shell.run(block.body)
    assert beside, "a page that begins with `init` shows how runs come about"
    up = [str(Path(sys.executable).parent / "funnelbeat"), "--project", str(shell.place / "acme"), "up"]
    with running(up, dict(shell.environment), shell.place / "up.log") as process:
        until(lambda: (shell.place / "acme/.funnelbeat/sandbox.json").exists() or None, "the sandbox did not start")
        for block in beside:
            shell.run(block.body)
        until(lambda: delivered(shell) == 2 or None, "the two runs were not delivered")
        process.terminate()
        process.wait(PATIENCE)


def delivered(shell: Shell) -> int:
    runs = json.loads(shell.run("funnelbeat --project acme runs --json"))["runs"]
    return sum(run["state"] == "delivered" for run in runs)


@pytest.fixture(scope="module")
def has_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a delivered digest and a firing alert. It is copied for each block, and no process serves it."""
    shell = shell_at(tmp_path_factory.mktemp("has-run"))
    shell.run("funnelbeat init . --service sandbox")
    shell.run(
        "sed -i 's/row.value >= 50000$/row.value >= 100/' schedules/stalled-watch.yaml && funnelbeat deploy --yes"
    )
    shell.run("funnelbeat run weekly-pipeline && funnelbeat run stalled-watch")
    return shell.place


@pytest.mark.slow
@pytest.mark.parametrize("block", [block for block in RUN if block.page not in BEGINS], ids=lambda block: block.place)
def test_a_block_works_in_a_project_that_has_run(block: Block, shell: Shell, has_run: Path) -> None:
    shutil.copytree(has_run, shell.place, dirs_exist_ok=True)
    shell.run(with_what_is_there(block.body, shell))


def with_what_is_there(text: str, shell: Shell) -> str:
    """The block with a day that is to come, the fingerprint of an alert that fires, and a silence that holds."""
    later = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    text = re.sub(r"--until \d{4}-\d\d-\d\d", f"--until {later}", text)
    if fingerprint := re.search(r"alerts show ([0-9a-f]{8})", text):
        listed = json.loads(shell.run("funnelbeat alerts list --json"))
        text = text.replace(fingerprint[1], listed[0]["fingerprint"])
    if silence := re.search(r"alerts expire (\w+)", text):
        made = "funnelbeat alerts silence rule=few-won --for 1d --comment test --yes --json"
        text = text.replace(silence[1], json.loads(shell.run(made))["id"])
    return text.replace('--comment "at the fair"', '--comment "at the fair" --yes')  # nobody can be asked here

"""Whatever is wrong with a command's words, files or environment is a sentence, never an error of Python."""

import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import Result

from tests.support.command_line import PROJECT, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console
from worker.entry.message_folder import Folder
from worker.entry.project_dir import child_environment
from worker.errors import RequestError

COMMANDS: dict[str, list[str]] = {
    "check": [],
    "preview": ["asked"],
    "plan": [],
    "deploy": ["--yes"],
    "run": ["asked"],
    "dry run": ["asked", "--dry-run"],
    "trigger": ["asked"],
    "runs": [],
    "show": ["asked@latest"],
    "explain": ["asked@latest"],
    "pause": ["asked"],
    "resume": ["asked"],
    "deliveries": [],
    "retry": ["asked@latest"],
    "replay": ["asked@latest"],
    "forget": ["sales@acme.example", "--yes"],
    "doctor": [],
    "source": ["close"],
}
SECRET = "qzxjvkwy"
SPLIT = [f"{SECRET[:4]}{sign}{SECRET[4:]}" for sign in "#?/@:[%"] + [f"12/{SECRET}", f"\u2100{SECRET}"]
LEDGERS = ["redis://:{}@127.0.0.1:1/0", "rediss://me:{}@127.0.0.1:1", "redis+sentinel://:{}@127.0.0.1:1/m"]
BROKERS = ["redis://:{}@127.0.0.1:1/0", "amqp://me:{}@127.0.0.1:1//"]


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    monkeypatch.chdir(tmp_path)
    with command_line(empty_redis, tmp_path / "project") as made:
        yield made


def one_sentence(seen: Result) -> None:
    assert seen.exit_code == 2, seen.output
    assert "Traceback" not in seen.output
    assert len(seen.output.strip().splitlines()) == 1, seen.output


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_prints_a_piece_of_a_secret_in_an_address(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pieces = {SECRET[i : i + 4] for i in range(len(SECRET) - 3)}
    turn = list(COMMANDS).index(name)
    ledgers = list(itertools.islice(itertools.cycle(LEDGERS), turn, turn + len(SPLIT)))
    addresses = [("FUNNELBEAT_REDIS_URL", url.format(secret)) for url, secret in zip(ledgers, SPLIT, strict=True)]
    if name in {"trigger", "doctor"}:  # these read the broker's address; one that can be read is waited for
        hidden = [secret for secret in SPLIT if secret[4] not in ":@%"]
        addresses += [("FUNNELBEAT_BROKER_URL", url.format(one)) for url in BROKERS for one in hidden]
    for variable, address in addresses:
        with monkeypatch.context() as only_here:
            only_here.setenv(variable, address)
            seen = here.call(name.replace("dry run", "run"), *COMMANDS[name])
        assert not {piece for piece in pieces if piece in seen.output}, (address, seen.output)


@pytest.mark.parametrize("url", ["smtp://me:{}@h:587", "smtp://{}@h:587", "smtps://me:{}@h", "{}://h"])
def test_check_prints_no_piece_of_a_password_in_a_mail_servers_address(here: CommandLine, url: str) -> None:
    for secret in SPLIT:
        channel = f"{{type: email, url: {json.dumps(url.format(secret))}, from: a@b.example}}"
        text = PROJECT.replace("mail: {type: sandbox}", f"mail: {channel}")
        (here.place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
        for words in (["check"], ["check", "--json"], ["preview", "asked"]):
            told = here.call(*words).output
            assert not [SECRET[i : i + 4] for i in range(5) if SECRET[i : i + 4] in told], (url, secret, told)


def test_files_that_cannot_be_written_are_sentences(here: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in ("nope/o.html", str(here.place), "/dev/full"):
        one_sentence(here.call("preview", "asked", "--out", target))
        told = json.loads(here.call("preview", "asked", "--out", target, "--json").stdout)
        assert told["exit"] == 2
        assert Path(target).name in told["sentence"]
    for words in (["run", "asked"], ["run", "asked", "--dry-run"]):
        one_sentence(here.call(*words, "--out", str(tmp_path / "file")))
        one_sentence(here.call(*words, "--out", str(tmp_path / "file" / "below")))
    assert here.document_of("runs")["runs"] == [], "nothing is sent whose copy could not be kept"


def test_a_copy_that_cannot_be_written_is_told_and_its_message_is_sent_once(
    here: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when the receiver has the message already."""
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.parent.name != "copies":
            return write(path, data)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    seen = here.call("run", "asked", "--out", str(tmp_path / "copies"))
    monkeypatch.undo()
    assert seen.exit_code == 1
    assert "could not be written: No space left on device" in seen.output
    assert {row["state"] for row in here.document_of("deliveries")} == {"sent"}


def test_a_folder_that_this_user_may_not_write_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, who may write everywhere: the system's answer is made up."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(RequestError, match="cannot be written"):
        Folder(tmp_path)


@pytest.mark.parametrize("name", [n for n in COMMANDS if n != "check"])
def test_a_state_directory_that_is_a_file_is_a_sentence_or_does_not_matter(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("FUNNELBEAT_REDIS_URL", "FUNNELBEAT_BROKER_URL"):
        monkeypatch.delenv(variable)
    state = here.place / ".funnelbeat"
    for path in state.iterdir():
        path.unlink()
    state.rmdir()
    state.write_text("", encoding="utf-8")
    seen = here.call(name.replace("dry run", "run"), *COMMANDS[name])
    if name in {"preview", "dry run", "source"}:
        assert seen.exit_code in {0, 1}, seen.output
        assert "an empty Redis elsewhere is used" in seen.output
    else:
        one_sentence(seen)
        assert "FUNNELBEAT_REDIS_URL" in seen.output


def test_a_directory_without_a_project_stays_as_it_is(
    here: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FUNNELBEAT_REDIS_URL")
    here.place = tmp_path / "nosuch"
    one_sentence(here.call("runs"))
    assert not here.place.exists()


USAGE = [
    ["runs", "--limit", "abc"], ["runs", "--limit", "0"], ["runs", "--nope"], ["show"], ["show", "a", "b"], ["nope"],
    ["deliveries", "--state", "foo"], ["deliveries", "nope"], ["plan", "--days", "1e3"], ["run"],
    ["deliveries", "settle"],
    ["forget"],
]  # fmt: skip
UNKNOWN = [["runs", "nope"], ["pause", "nope"], ["run", "nope"], ["show", "nope"]]
"""Well written, and of nothing that is there."""


@pytest.mark.parametrize("words", [*USAGE, *UNKNOWN], ids=" ".join)
def test_a_request_that_is_wrong_is_one_document_with_json_and_no_traceback_without(
    here: CommandLine, words: list[str]
) -> None:
    told = json.loads(here.call(*words, "--json").stdout)
    assert (told["problem"], told["exit"]) == ("NotFound" if words in UNKNOWN else "RequestError", 2)
    assert told["sentence"]
    plain = here.call(*words)
    assert plain.exit_code == 2
    assert "Traceback" not in plain.output


WORDS = [
    "",
    "-1",
    "9" * 30,
    "nope",
    "asked@",
    "asked@latest",
    "@-99999",
    "ü\u202e",
    "\x1b[2J",
    "a/../b",
    "--",
    "{}",
    "*",
]


@pytest.mark.parametrize("command", ["show", "explain", "replay", "retry", "runs", "run", "trigger", "pause", "resume",
                                     "preview", "source", "forget", "run --at", "run --for-slot", "run --to",
                                     "plan --days", "runs --limit"])  # fmt: skip
def test_no_generated_word_ends_in_an_error_of_python(here: CommandLine, command: str) -> None:
    verb, *option = command.split()
    before = ["asked"] if verb == "run" and option else []
    for word in WORDS:
        seen = here.call(verb, *before, *option, word, *(["--yes"] if verb == "forget" else []))
        assert seen.exit_code in {0, 1, 2, 3}
        assert "\x1b" not in seen.output
        assert "\u202e" not in seen.output


SETTINGS = {
    "FUNNELBEAT_TICK": ["inf", "nan", "1e400", "1_0", "-1", "x"],
    "FUNNELBEAT_RUN_LEASE": ["inf", "1"],
    "FUNNELBEAT_CONCURRENCY": ["1.5", "1e9"],
    "FUNNELBEAT_LOG_LEVEL": ["verbose"],
    "FUNNELBEAT_SANDBOX": ["x", "[]"],
    "FUNNELBEAT_REDIS_URL": ["x", "redis://h?foo=bar", "redis://h/abc", "redis://h:x", "redis://[::1"],
    "FUNNELBEAT_REDIS_URL_FILE": ["/nope"],
}


@pytest.mark.parametrize("variable", SETTINGS)
def test_a_setting_that_is_wrong_is_one_sentence_of_every_command(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    if variable.endswith("_FILE"):
        monkeypatch.delenv("FUNNELBEAT_REDIS_URL")
    for value in SETTINGS[variable]:
        monkeypatch.setenv(variable, value)
        for words in (["runs"], ["plan"], ["preview", "asked"], ["doctor"], ["clock"], ["worker"], ["up"]):
            one_sentence(here.call(*words))


def test_an_unknown_variable_of_ours_is_told_and_stops_nothing(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNELBEAT_TIK", "3")
    seen = here.call("runs")
    assert seen.exit_code == 0
    assert "warning: FUNNELBEAT_TIK is no setting; did you mean FUNNELBEAT_TICK?" in seen.stderr


def test_the_child_processes_of_up_do_not_repeat_a_warning(here: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`up` printed it four times: for itself, its clock, its worker and its pages."""
    monkeypatch.setenv("FUNNELBEAT_TIK", "3")
    for name, value in child_environment(here.settings, "acme").items():
        monkeypatch.setenv(name, value)
    seen = here.call("runs")
    assert (seen.exit_code, "FUNNELBEAT_" in seen.stderr) == (0, False)


@pytest.mark.parametrize(
    ("words", "option", "taken"),
    [
        (["trigger", "asked", "--key", "--json"], "--key", "--json"),
        (["trigger", "asked", "--key", "--project"], "--key", "--project"),
        (["schedules", "--tag", "--json"], "--tag", "--json"),
        (["schedules", "--tag=--json"], "--tag", "--json"),
        (["deliveries", "--state", "--limit"], "--state", "--limit"),
        (["baselines", "reset", "asked", "--to", "--yes"], "--to", "--yes"),
        (["--target", "--json", "runs"], "--target", "--json"),
    ],
)
def test_an_option_is_no_value_of_the_option_before_it(
    here: CommandLine, words: list[str], option: str, taken: str
) -> None:
    seen = here.call(*words)
    sentence = f"Invalid value for '{option}': found the option {taken}, expected a value."
    assert (seen.exit_code, sentence in seen.output) == (2, True), seen.output
    assert here.document_of("runs")["runs"] == []


def test_an_unset_secret_ends_preview_and_runs_before_they_fetch(here: CommandLine) -> None:
    text = PROJECT.replace("close: {type: sandbox}", 'close: {type: close, api_key: "${NO_SUCH_KEY}"}')
    (here.place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    assert here.call("deploy", "--yes").exit_code == 0
    for words in (["preview", "asked"], ["run", "asked"], ["run", "asked", "--dry-run"]):
        seen = here.call(*words)
        one_sentence(seen)
        assert "funnelbeat.yaml:3:" in seen.output
        assert "connections.close.api_key needs NO_SUCH_KEY, which is not set" in seen.output
        assert f"write NO_SUCH_KEY=… into {here.place / '.env'}" in seen.output.replace("\n", "")
    assert here.document_of("runs")["runs"] == []


def test_check_names_an_unset_secret_in_words(here: CommandLine) -> None:
    text = PROJECT.replace("close: {type: sandbox}", 'close: {type: close, api_key: "${NO_SUCH_KEY}"}')
    (here.place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    seen = here.call("check")
    assert re.search(
        r"^note: funnelbeat\.yaml:.* NO_SUCH_KEY is not set; connections.close.api_key needs it", seen.stderr
    )
    assert "SecretReference" not in seen.output
    strict = here.call("check", "--strict")
    assert strict.exit_code == 2
    assert "nothing wrong" not in strict.output
    assert strict.stderr.endswith("With --strict, this is an error.\n")


def test_check_says_a_repeated_sentence_once_and_counts_errors_and_files(here: CommandLine) -> None:
    """One mistyped name gave a line for each use of it, and nothing counted them."""
    week = here.place / "schedules" / "asked.yaml"
    text = week.read_text("utf-8").replace("source: close", "source: clsoe")
    week.write_text(text, "utf-8")
    week.with_name("again.yaml").write_text(text, "utf-8")
    *lines, summary = here.call("check").stderr.splitlines()
    repeated = next(index for index, line in enumerate(lines) if "clsoe" in line)
    assert lines[repeated + 1].startswith("  the same at schedules/a")
    assert sum("clsoe" in line for line in lines) == 1
    assert re.fullmatch(r"\d+ errors in 2 files\.", summary)


@pytest.mark.parametrize("broken", ["schedules/asked.yaml", "funnelbeat.yaml"])
def test_a_broken_file_stops_nothing_that_serves_what_is_deployed(here: CommandLine, broken: str) -> None:
    path = here.place / broken
    path.write_text(path.read_text(encoding="utf-8") + "nonsense: [\n", encoding="utf-8")
    assert here.call("check").exit_code == 2
    assert here.call("trigger", "asked").exit_code == 0
    assert here.call("run", "asked").exit_code == 0
    assert here.call("runs").exit_code == 0
    looked = {one["what"]: one for one in here.document_of("doctor")}
    assert looked["definitions"]["level"] == "fail"
    assert broken in looked["definitions"]["sentence"]
    assert looked["connection close"]["level"] == "ok"


def test_doctor_says_that_a_redis_was_emptied(here: CommandLine) -> None:
    with Redis.from_url(here.redis.url) as client:
        client.flushall()
    done = here.call("doctor")
    assert done.exit_code == 1
    assert "was Redis emptied?" in done.output


def test_keys_and_ids_are_printed_whole_however_narrow_the_terminal(
    here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    key = here.document_of("run", "asked")["key"]
    assert key in here.call("runs").output
    ids = [row["id"] for row in here.document_of("source", "close", "pipelines")["pipelines"]]
    assert ids
    listed = here.call("source", "close", "pipelines").output
    assert all(one in listed for one in ids)


def test_show_prints_what_the_server_said(here: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert here.box is not None
    monkeypatch.setenv("FUNNELBEAT_SANDBOX", here.settings.sandbox)
    here.box.call(lambda box: box.mail.faults.refuse("sales@acme.example", 550))
    key = here.document_of("run", "asked")["key"]
    line = next(line for line in here.call("show", key).output.splitlines() if "team|sales@acme.example" in line)
    assert "550" in line


def test_nothing_that_somebody_else_wrote_is_obeyed_by_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.print("a\x1b]0;owned\x07b\u202ec\x9b31m\ud800", markup=False)
    console.print_columns(["id"], [["x\x1b[31my\u2066"]])
    console.show_json({"name": "a\x1b[2J\u202e\x9b\ud800é"})
    told = capsys.readouterr().out
    assert not {c for c in told if c in "\x1b\x07\u202e\u2066\x9b"}
    assert "é" in told
    assert json.loads(told[told.index("{") :])["name"] == "a\x1b[2J\u202e\x9b\ud800é"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_cannot_show_a_letter_gets_an_escape(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    for as_json in (False, True):
        written = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", written)
        console.make_streams_safe()
        if as_json:
            console.show_json({"name": "€数"})
        else:
            console.out.print("€数", markup=False)
        written.flush()
        told = written.buffer.getvalue().decode(encoding)
        assert (json.loads(told)["name"] == "€数") if as_json else ("\\u20ac" in told)


def test_closed_streams_are_no_reason_to_fail(tmp_path: Path) -> None:
    for number, closed in enumerate(("<&-", ">&-", "2>&-", "<&- >&- 2>&-")):
        target = tmp_path / f"new{number}"
        command = f"{shlex.join((sys.executable, '-m', 'worker.entry', 'init', str(target)))} {closed}"
        done = subprocess.run(["/bin/sh", "-c", command], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert (target / "funnelbeat.yaml").is_file()

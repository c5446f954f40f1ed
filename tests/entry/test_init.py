"""init where somebody answers: each service's stand-in, and previews of what was written."""

import email
import email.policy
import json
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.contacted import hosts_contacted
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import init_command, machine
from worker.entry.cli import app
from worker.sandbox.cast import MAIN
from worker.sandbox.server import SandboxThread

KEYS = {"close": "api_sandbox", "pipedrive": "5a" * 20, "umami": "umami-sandbox"}
VARIABLES = {"close": "CLOSE_API_KEY", "pipedrive": "PIPEDRIVE_API_TOKEN", "umami": "UMAMI_PASSWORD"}
WEBSITE = "7b0f3a52-6c1d-4e8a-9f24-5d3c1e0a7b91"
SCHEDULE = {"close": "weekly-pipeline", "pipedrive": "weekly-pipeline", "umami": "weekly-website"}


@pytest.fixture
def box(empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxThread]:
    """A terminal, no key in the environment, and the stand-ins."""
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: True)
    for variable in (*VARIABLES.values(), "UMAMI_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.setenv("FUNNELBEAT_BROKER_URL", empty_redis.broker_url)
    monkeypatch.chdir(tmp_path)
    with SandboxThread() as running:
        yield running


REST = ("", "", "", "")
"""Enter for the zone, the locale, the channel and the address."""


def init(*answers: str) -> Result:
    typed = "".join(f"{answer}\n" for answer in answers)
    return CliRunner().invoke(app, ["init", "acme"], input=typed, catch_exceptions=False)


def answers(service: str, address: str, key: str) -> list[str]:
    return [service, address, *(["digest"] if service == "umami" else []), key]


def everything_written(place: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in place.rglob("*") if path.is_file())


@pytest.mark.parametrize("service", ["close", "pipedrive", "umami"])
def test_what_is_written_for_a_service_previews_and_holds_no_key(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    seen = init(*answers(service, box.describe()[service], KEYS[service]), "1", *REST)
    assert seen.exit_code == 0, seen.output
    assert f"export {VARIABLES[service]}=" in seen.output
    place = tmp_path / "acme"
    assert [path.name for path in (place / "schedules").iterdir()] == [f"{SCHEDULE[service]}.yaml"]
    assert KEYS[service] not in everything_written(place) + seen.output
    assert f"${{{VARIABLES[service]}}}" in (place / "funnelbeat.yaml").read_text("utf-8")
    monkeypatch.setenv(VARIABLES[service], KEYS[service])
    page = tmp_path / "page.html"
    preview = ["--project", "acme", "preview", SCHEDULE[service], "--out", str(page)]
    shown = CliRunner().invoke(app, preview, catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    assert page.stat().st_size > 1000


def test_the_number_that_was_typed_is_the_pipeline_of_the_schedule(box: SandboxThread, tmp_path: Path) -> None:
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "99", "none", "2", *REST)
    assert seen.exit_code == 0, seen.output
    assert seen.output.count("expected a number from 1 to") == 2
    second = next(line for line in seen.output.splitlines() if line.startswith("   2  "))
    text = (tmp_path / "acme" / "schedules" / "weekly-pipeline.yaml").read_text("utf-8")
    chosen = text.partition('pipeline: "')[2].partition('"')[0]
    assert chosen
    assert f"({chosen})" in second


def test_a_key_of_the_environment_is_used_and_not_asked_for(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_API_KEY", KEYS["close"])
    seen = init("close", box.describe()["close"], "1", *REST)
    assert seen.exit_code == 0, seen.output
    assert "CLOSE_API_KEY is set, and used." in seen.output
    assert "export" not in seen.output
    assert KEYS["close"] not in everything_written(tmp_path / "acme")


def test_a_pipeline_that_was_deleted_is_not_offered(box: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEDRIVE_API_TOKEN", KEYS["pipedrive"])
    assert init("pipedrive", box.describe()["pipedrive"], "1", *REST).exit_code == 0
    made = json.loads(pipelines("create", "--set", "name=Short-lived", "--json"))["pipelines"][0]["id"]
    assert "Short-lived" in again(box)
    pipelines("delete", made)
    assert "Short-lived" not in again(box)


def pipelines(*words: str) -> str:
    change = ["--project", "acme", "source", "pipedrive", "pipelines", *words, "--yes"]
    done = CliRunner().invoke(app, change, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def again(box: SandboxThread) -> str:
    Path("acme/funnelbeat.yaml").unlink()
    Path("acme/schedules/weekly-pipeline.yaml").unlink()
    seen = init("pipedrive", box.describe()["pipedrive"], "1", *REST)
    assert seen.exit_code == 0, seen.output
    return seen.output


@pytest.mark.parametrize("service", ["close", "pipedrive", "umami"])
def test_a_key_that_is_refused_is_one_sentence_and_is_asked_for_again(
    box: SandboxThread, tmp_path: Path, service: str
) -> None:
    first, second = (answers(service, box.describe()[service], key) for key in ("b0" * 20, KEYS[service]))
    seen = init(*first, *second[1:], "1", *REST)
    assert seen.exit_code == 0, seen.output
    assert "Please answer again" in seen.stderr
    assert "b0" * 20 not in seen.output
    assert (tmp_path / "acme" / "funnelbeat.yaml").exists()


@pytest.mark.parametrize("service", ["close", "pipedrive", "umami"])
def test_a_key_of_the_environment_that_is_refused_ends_init_and_nothing_is_written(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setenv(VARIABLES[service], "b0" * 20)
    seen = init(*answers(service, box.describe()[service], "")[:-1])
    assert seen.exit_code == 3, seen.output
    assert len(seen.stderr.strip().splitlines()) == 1
    assert "nothing was written" in seen.stderr
    assert not (tmp_path / "acme").exists()


def test_a_service_that_cannot_be_reached_is_one_sentence_and_nothing_is_written(
    box: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPEDRIVE_API_TOKEN", KEYS["pipedrive"])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    seen = init("pipedrive", nobody)
    assert seen.exit_code == 3, seen.output
    assert len(seen.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize(
    ("address", "key", "says"),
    [("ftp://acme", "k", "base_url: found"), ("http://127.0.0.1:9", "a key", "holds characters")],
)
def test_an_answer_that_cannot_be_used_is_said_before_anything_is_asked(
    box: SandboxThread, tmp_path: Path, address: str, key: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_API_KEY", key)
    seen = init("close", address)
    assert (seen.exit_code, says in seen.stderr) == (2, True), seen.output
    assert not (tmp_path / "acme").exists()


def test_answers_that_end_early_leave_nothing_behind(box: SandboxThread, tmp_path: Path) -> None:
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]))
    assert seen.exit_code == 1
    assert MAIN in seen.output
    assert not (tmp_path / "acme").exists()


def test_a_directory_that_cannot_be_made_is_one_sentence(box: SandboxThread, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "schedules").write_text("in the way", encoding="utf-8")
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "1", *REST)
    assert seen.exit_code == 2
    assert "acme cannot be written" in seen.stderr
    assert not (tmp_path / "acme" / "funnelbeat.yaml").exists()


def test_the_sandbox_is_the_answer_of_who_only_presses_enter(box: SandboxThread, tmp_path: Path) -> None:
    assert init("").exit_code == 0
    examples = sorted(path.stem for path in (tmp_path / "acme" / "schedules").iterdir())
    assert examples == ["pipedrive-week", "stalled-watch", "umami-week", "weekly-pipeline"]


def test_a_service_that_there_is_not_is_asked_for_again(box: SandboxThread) -> None:
    seen = init("hubspot", "sandbox")
    assert seen.exit_code == 0
    assert "expected one of sandbox, close, pipedrive, umami" in seen.output


def test_nobody_is_asked_off_a_terminal_or_for_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Which service" not in init().output
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: True)
    told = CliRunner().invoke(app, ["init", "other", "--json"], catch_exceptions=False)
    assert told.exit_code == 0
    assert "Which service" not in told.output


def call(*words: str) -> Result:
    return CliRunner().invoke(app, ["init", "acme", *words], catch_exceptions=False)


@pytest.fixture
def script(box: SandboxThread, monkeypatch: pytest.MonkeyPatch) -> SandboxThread:
    """Nobody can be asked."""
    monkeypatch.setattr(init_command, "at_a_terminal", lambda: False)
    return box


def test_a_script_gives_every_answer_as_an_option(
    script: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_KEY", KEYS["close"])
    seen = call(
        *("--service", "close", "--base-url", script.describe()["close"], "--key-env", "OUR_KEY", "--pipeline", MAIN),
        *("--zone", "America/New_York", "--locale", "de_DE", "--address", "ann@acme.example"),
    )
    assert seen.exit_code == 0, seen.output
    project = (tmp_path / "acme" / "funnelbeat.yaml").read_text("utf-8")
    assert "${OUR_KEY}" in project
    assert "timezone: America/New_York, locale: de_DE" in project
    schedule = (tmp_path / "acme" / "schedules" / "weekly-pipeline.yaml").read_text("utf-8")
    assert "timezone: America/New_York" in schedule
    assert 'address: "ann@acme.example"' in schedule
    assert [word for word in ("stages", "deals", "stalled") if f"id: {word}" not in schedule] == []
    assert CliRunner().invoke(app, ["--project", "acme", "check", "--strict"]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--service", "hubspot"], "--service: found 'hubspot', expected one of sandbox, close"),
        (["--service", "close", "--key-env", "NO_KEY"], "close needs NO_KEY, which is not set"),
        (["--service", "close", "--pipeline", "pipe_WRONG"], "--pipeline: found pipe_WRONG, expected one of close"),
        (["--service", "umami", "--username", "me", "--key-env", "NO_KEY"], "umami needs NO_KEY"),
        (["--service", "pipedrive", "--key-env", "OUR_KEY"], "pipedrive needs `company_domain`"),
        (["--zone", "PST"], "--zone: "),
        (["--locale", "xx_XX"], "--locale: found the locale 'xx_XX'"),
        (["--address", "no address"], "--address: "),
        (["--channel", "email"], "--channel: not for a project on the sandbox; leave it out, or name your service"),
        (["--service", "sandbox", "--channel", "slak"], "--channel: not for a project on the sandbox; leave it out"),
        (
            ["--service", "sandbox", "--base-url", "http://x.example", "--pipeline", MAIN, "--key-env", "K"],
            "--base-url, --key-env, --pipeline: not for a project on the sandbox; leave them out",
        ),
        (["--service", "close", "--pipeline", MAIN, "--channel", "pigeon"], "--channel: found 'pigeon'"),
        (["--service", "close", "--pipeline", MAIN, "--channel", "email"], "email needs `url`"),
    ],
)
def test_a_wrong_or_missing_option_is_one_sentence_and_nothing_is_written(
    script: SandboxThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.setenv("CLOSE_API_KEY", KEYS["close"])
    monkeypatch.setenv("OUR_KEY", KEYS["pipedrive"])
    if "close" in words:
        words = [*words, "--base-url", script.describe()["close"]]
    seen = call(*words)
    assert (seen.exit_code, says in seen.stderr) == (2, True), seen.output
    assert len(seen.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "acme").exists()


@pytest.mark.parametrize(("key", "status"), [("api_wrong", 3), (KEYS["close"], 0)])
def test_nothing_but_the_address_that_was_given_is_resolved_or_contacted(
    script: SandboxThread, monkeypatch: pytest.MonkeyPatch, key: str, status: int
) -> None:
    monkeypatch.setenv("CLOSE_API_KEY", key)
    address = script.describe()["close"]
    with hosts_contacted() as hosts:
        seen = call("--service", "close", "--base-url", address, "--key-env", "CLOSE_API_KEY", "--pipeline", MAIN)
    assert (seen.exit_code, hosts) == (status, {"127.0.0.1"}), seen.output


def test_a_mail_server_of_ones_own_gets_a_test_message(box: SandboxThread, tmp_path: Path) -> None:
    smtp = box.describe()["smtp"]
    channel = ("email", smtp, "Pipeline <reports@acme.example>", "ann@acme.example", "y")
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "1", "Europe/Paris", "en_US", *channel)
    assert seen.exit_code == 0, seen.output
    assert "Sent a test message to ann@acme.example" in seen.output
    [mail] = box.call(lambda running: running.outbox.of("eml"))
    parsed = email.message_from_bytes(mail.body, _class=EmailMessage, policy=email.policy.default)
    assert parsed["To"] == "ann@acme.example"
    assert "operator: ann@acme.example" in (tmp_path / "acme" / "funnelbeat.yaml").read_text("utf-8")


def test_a_test_message_that_fails_leaves_the_project_and_says_how_to_try_again(
    box: SandboxThread, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"smtp://127.0.0.1:{taken.getsockname()[1]}?tls=never"
    channel = ("email", nobody, "reports@acme.example", "ann@acme.example", "y")
    seen = init(*answers("close", box.describe()["close"], KEYS["close"]), "1", "", "", *channel)
    assert seen.exit_code == 1, seen.output
    assert "send-test email ann@acme.example" in seen.stderr
    assert (tmp_path / "acme" / "funnelbeat.yaml").exists()


def test_a_gitignore_that_is_there_stays_and_init_says_what_it_needs(script: SandboxThread, tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / ".gitignore").write_text("mine", encoding="utf-8")
    seen = call()
    assert seen.exit_code == 0, seen.output
    assert "is not changed; add: .funnelbeat/" in seen.output
    assert (tmp_path / "acme" / ".gitignore").read_text("utf-8") == "mine"


def test_names_of_customers_and_keys_are_kept_out_of_git(script: SandboxThread, tmp_path: Path) -> None:
    assert call("--service", "sandbox").exit_code == 0
    assert {".funnelbeat/", ".env"} <= set((tmp_path / "acme" / ".gitignore").read_text("utf-8").splitlines())


def test_every_file_names_its_schema_for_editors(script: SandboxThread, tmp_path: Path) -> None:
    assert call().exit_code == 0
    for path in (tmp_path / "acme").rglob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        named = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads(named.read_text("utf-8"))["$schema"].startswith("https://json-schema.org")


@pytest.mark.parametrize(
    ("environ", "zone", "locale"),
    [
        ({"TZ": "Europe/Paris", "LANG": "de_AT.UTF-8"}, "Europe/Paris", "de_AT"),
        ({"TZ": ":America/New_York", "LC_ALL": "en_US.UTF-8", "LANG": "de_DE"}, "America/New_York", "en_US"),
        ({"TZ": "Etc/UTC", "LANG": "fr_FR.UTF-8"}, "UTC", "en_GB"),
        ({"TZ": "Asia/Tokyo", "LANG": "C.UTF-8"}, "Asia/Tokyo", "en_GB"),
    ],
)
def test_the_machine_says_the_zone_and_the_locale(environ: dict[str, str], zone: str, locale: str) -> None:
    assert (machine.machine_zone(environ), machine.machine_locale(environ)) == (zone, locale)

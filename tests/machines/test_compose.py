"""The services of docker-compose.yml, each with its own command line and environment, as processes of this machine."""

import email
import email.policy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis
from starlette.types import Receive, Scope, Send

from tests.machines.compose import ROOT, Service, instruction, networks, service, services
from tests.machines.guarded_redis import answers, free_port
from tests.machines.site import running, until
from worker.adapters.redis_program import find_binary
from worker.sandbox.server import Sandbox
from worker.web.server import GRACE, server_config

ONE_SHOT = {"deploy"}
PROGRAMS = {
    "funnelbeat": [sys.executable, "-m", "worker.entry"],
    "python": [sys.executable],
    "redis-server": [str(find_binary())],
}


@dataclass
class ComposeInstallation:
    """Stands in for the engine: names of services become loopback, mounts become directories of the test."""

    place: Path
    ports: dict[str, int]
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def variables(self) -> dict[str, str]:
        return {"SANDBOX_PORT": str(self.ports["http"]), "SANDBOX_SMTP_PORT": str(self.ports["smtp"])}

    def here(self, described: Service, text: str) -> str:
        text = text.replace("//redis:6379/", f"//127.0.0.1:{self.ports['redis']}/")
        for inside, outside in described.mounts.items():
            ours = outside.startswith(".") and not (self.place / outside).exists()
            text = str((ROOT if ours else self.place) / outside) if text == inside else text
        return text

    def command(self, described: Service, words: tuple[str, ...]) -> list[str]:
        """The stand-ins join no network here: a machine may have none but loopback, at whose loss they end."""
        return [*PROGRAMS[words[0]], *(self.here(described, word) for word in words[1:] if word != "--joined")]

    def environment(self, described: Service) -> dict[str, str]:
        given = {name: self.here(described, str(value)) for name, value in described.environment.items()}
        return {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **given}

    def start(self, name: str, *more: str) -> "subprocess.Popen[bytes]":
        described = service(name, self.variables)
        command = [*self.command(described, described.words), *more]
        return self.stack.enter_context(running(command, self.environment(described), self.place / f"{name}.log"))

    def healthy(self, name: str) -> bool:
        """By the service's own health check, in the service's own environment."""
        described = service(name, self.variables)
        kind, *words = services(self.variables)[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = self.command(described, tuple(words))
        return (
            subprocess.run(command, env=self.environment(described), check=False, capture_output=True).returncode == 0
        )

    def log(self, name: str) -> str:
        return (self.place / f"{name}.log").read_text("utf-8")


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[ComposeInstallation]:
    built = ComposeInstallation(tmp_path, {name: free_port() for name in ("redis", "http", "smtp")})
    for volume in ("redis", "outbox"):
        (tmp_path / volume).mkdir()
    # A deployment keeps the project's id beside its definitions, and the next Redis has another owner.
    shutil.copytree(ROOT / "docker" / "sandbox", tmp_path / "docker" / "sandbox", ignore=lambda *_: [".funnelbeat"])
    with built.stack:
        yield built


@pytest.mark.slow
def test_the_profile_sandbox_shows_a_digest(compose: ComposeInstallation) -> None:
    redis = compose.start("redis", "--port", str(compose.ports["redis"]), "--bind", "127.0.0.1")
    until(lambda: answers(compose.ports["redis"]) or None, "Redis did not start")
    clock, worker, sandbox = (compose.start(name) for name in ("clock", "worker", "sandbox"))
    assert compose.start("deploy").wait(60) == 0, compose.log("deploy")
    outbox = compose.place / "outbox"
    until(lambda: (list(outbox.glob("*.eml")) and list(outbox.glob("*.slack.json"))) or None, "no digest came")
    (mail, *_) = sorted(outbox.glob("*.eml"))
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    assert message["To"] == "sales@acme.example"
    until(lambda: f"mail to sales@acme.example: {message['Subject']}" in compose.log("sandbox") or None, "not shown")
    for name in ("clock", "worker", "sandbox"):
        assert compose.healthy(name), name
    for process in (worker, clock, sandbox, redis):
        process.terminate()
        assert process.wait(30) == 0, process.args
    assert list((compose.place / "redis").rglob("*.aof"))


def redis_check(compose: ComposeInstallation) -> int:
    """Exit status of the health check of Redis, in a shell as in its container."""
    program = find_binary().with_name("redis-cli")
    here = compose.place / "redis-cli"
    here.write_text(f'#!/bin/sh\nexec {program} -p {compose.ports["redis"]} "$@"\n', encoding="ascii")
    here.chmod(0o755)
    kind, words = services({})["redis"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    environment = {"PATH": f"{compose.place}:/usr/bin:/bin"}
    return subprocess.run(["/bin/sh", "-c", words], env=environment, check=False).returncode


def redis_of(compose: ComposeInstallation) -> redis.Redis:
    compose.start("redis", "--port", str(compose.ports["redis"]), "--bind", "127.0.0.1")
    until(lambda: answers(compose.ports["redis"]) or None, "Redis did not start")
    return redis.Redis(port=compose.ports["redis"], decode_responses=True)


def test_redis_is_healthy_while_it_answers_commands(compose: ComposeInstallation) -> None:
    """redis-cli ends with 0 also when the answer is an error, such as that Redis still reads its file."""
    assert redis_check(compose) != 0
    with redis_of(compose) as client:
        assert redis_check(compose) == 0
        client.config_set("requirepass", "any error will do")
        assert redis_check(compose) != 0


def test_a_redis_of_any_image_serves_the_other_containers(compose: ComposeInstallation) -> None:
    """Its own default is to answer only its own container; the official image alone is built without it."""
    with redis_of(compose) as client:
        assert client.config_get("protected-mode") == {"protected-mode": "no"}
    found = services({})["redis"]
    assert found["networks"] == ["ledger"]
    assert "ports" not in found
    assert networks()["ledger"] == {"internal": True}
    other = services({"REDIS_IMAGE": "registry.example/redis:8", "REDIS_USER": "1001:1001"})["redis"]
    assert (other["image"], other["user"]) == ("registry.example/redis:8", "1001:1001")


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        pytest.param("172.18.0.1", "203.0.113.9", id="Docker's bridge"),
        pytest.param("192.168.16.1", "203.0.113.9", id="Docker's bridge when there are many"),
        pytest.param("10.89.0.1", "203.0.113.9", id="Podman's bridge"),
        pytest.param("198.51.100.7", "198.51.100.7", id="anybody"),
    ],
)
async def test_limits_count_the_clients_of_a_proxy_before_the_published_port(
    monkeypatch: pytest.MonkeyPatch, peer: str, client: str
) -> None:
    """They come from the bridge's own address. If it is not believed, everybody is one client."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", service("web", {}).environment["FORWARDED_ALLOW_IPS"])
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["client"][0])

    config = server_config(app, "0.0.0.0", 0)  # noqa: S104  # as in the container; nothing listens here
    config.load()
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", b"198.51.100.99, 203.0.113.9")]}
    await config.loaded_app(scope, None, None)
    assert seen == [client]


@pytest.mark.parametrize("name", services({}))
def test_every_service_is_as_small_as_it_can_be(name: str) -> None:
    described = services({})[name]
    assert int(described["user"].split(":")[0]) > 0
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "devices", "pid", "ipc"} & set(described)
    assert all(str(port).startswith("127.0.0.1:") for port in described.get("ports", ()))
    assert described["healthcheck"] == {"disable": True} if name in ONE_SHOT else described["healthcheck"]["test"]
    assert described["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")


def test_the_engine_waits_longer_than_the_pages_need_to_end() -> None:
    """An open stream of events is cut after GRACE. An engine that kills then takes the last answers with it."""
    assert int(services({})["web"]["stop_grace_period"].removesuffix("s")) > GRACE


def test_a_health_check_has_the_time_that_python_needs_to_start_on_a_busy_machine() -> None:
    """With ten seconds Docker called a clock unhealthy that claimed every slot."""
    times = {name: int(described["healthcheck"].get("timeout", "0s")[:-1]) for name, described in services({}).items()}
    assert {times[name] for name in ("clock", "worker", "web", "sandbox")} == {30}
    assert "HEALTHCHECK --interval=30s --timeout=30s" in (ROOT / "Dockerfile").read_text("utf-8")
    for kind in ("clock", "worker"):
        assert "timeoutSeconds: 30" in (ROOT / "deploy" / "kubernetes" / f"{kind}.yaml").read_text("utf-8")


def test_only_the_worker_is_given_secrets_and_the_outside() -> None:
    found = services({})
    assert [name for name, described in found.items() if described.get("secrets")] == ["worker"]
    assert [name for name, described in found.items() if "outside" in described.get("networks", ())] == ["worker"]
    assert [name for name, described in found.items() if "published" in described.get("networks", ())] == ["web"]
    assert found["web"]["ports"] == ["127.0.0.1:8080:8080"]
    assert [name for name, described in found.items() if "network_mode" in described] == ["sandbox"]


def test_podman_is_given_no_option_of_docker() -> None:
    """It refuses a network with an option that it does not know. docker/podman.yml takes out each of them."""
    given = {name for name, described in networks().items() if described.get("driver_opts")}
    taken = re.findall(
        r"^  (\w+):\n    driver_opts: !reset \{\}$", (ROOT / "docker/podman.yml").read_text("utf-8"), re.MULTILINE
    )
    assert given == set(taken) == {"published"}


async def test_the_worker_is_told_where_the_stand_ins_listen() -> None:
    ports = free_port(), free_port()
    given = {"SANDBOX_PORT": str(ports[0]), "SANDBOX_SMTP_PORT": str(ports[1])}
    async with Sandbox(ports=ports) as box:
        assert json.loads(service("worker", given).environment["FUNNELBEAT_SANDBOX"]) == box.describe()


def test_the_image_runs_as_nobody_in_particular_and_knows_whether_it_is_healthy() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    user = [line.split()[1] for line in text.splitlines() if line.startswith("USER ")]
    assert user == [services({})["clock"]["user"]]
    assert instruction("CMD") == ["--help"]
    assert "--require-hashes -r docker/requirements.lock" in text
    assert services({})["clock"]["healthcheck"]["test"][1:] == ["python", "-m", "worker.entry.health", "clock"]

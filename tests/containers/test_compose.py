"""docker-compose.yml on an engine: a digest arrives, nothing is lost or sent twice when containers are killed, and each
health check passes and fails when it should.
"""

from collections import Counter
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.containers.engine import Engine
from tests.machines.site import until

pytestmark = pytest.mark.containers
SERVICES = ("redis", "clock", "worker", "web", "sandbox")
EACH = (
    "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -qE '/[f]unnelbeat |[w]orker.sandbox'"
    " && kill -{signal} ${{p#/proc/}}; done; true"
)
"""Not the engine's init, and not this shell."""

GATE = (
    "import json,urllib.request;"
    "urllib.request.urlopen('http://127.0.0.1:8025/control/gate', json.dumps(dict(shut={shut})).encode(), timeout=10)"
)

MAILS = (
    "import email,pathlib;"
    "[print(email.message_from_bytes(p.read_bytes())['Message-ID']) for p in pathlib.Path('/outbox').glob('*.eml')]"
)


def base(stack: Engine) -> str:
    return f"http://127.0.0.1:{stack.variables['WEB_PORT']}"


def network(stack: Engine, name: str) -> str:
    """Empty while the container does not run."""
    try:
        return stack.inside(name, "readlink", "/proc/self/ns/net").strip()
    except AssertionError:
        return ""


def gate(stack: Engine, *, shut: bool) -> bool:
    """False if nobody answers: stand-ins that are started again have an open gate."""
    try:
        stack.inside("sandbox", "python", "-c", GATE.format(shut=shut))
    except AssertionError:
        return False
    return True


def runs(stack: Engine, state: str) -> list[dict[str, Any]]:
    told = stack.funnelbeat("runs", "--limit", "1000")["runs"]
    return [run for run in told if run["state"] == state]


def mails(stack: Engine) -> Counter[str]:
    """Message-ID → how often the mail catcher got it."""
    return Counter(stack.inside("sandbox", "python", "-c", MAILS).split())


def more_runs(stack: Engine, count: int = 2) -> None:
    before = len(runs(stack, "delivered"))
    until(lambda: len(runs(stack, "delivered")) >= before + count or None, f"{before} runs were delivered, and no more")


def test_a_digest_arrives(stack: Engine) -> None:
    more_runs(stack, 1)
    assert mails(stack)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_healthy(stack: Engine, name: str) -> None:
    until(lambda: stack.health(name) == 0 or None, f"{name} is not healthy")


@pytest.mark.parametrize("name", ["clock", "redis", "worker"])
def test_nothing_is_lost_or_sent_twice_when_a_container_is_killed(stack: Engine, name: str) -> None:
    """In the middle of a run: the stand-in for Close keeps it waiting for its answer until the kill is over."""
    gate(stack, shut=True)
    until(lambda: runs(stack, "fetching") or None, "no run was on its way")
    stack.tell("kill", name, "-s", "KILL")
    stack.tell("start", name)
    until(lambda: gate(stack, shut=False) or None, "the sandbox did not come back")
    more_runs(stack)
    told = stack.funnelbeat("runs", "--limit", "1000")["runs"]
    assert {run["state"] for run in told} <= {"claimed", "fetching", "delivering", "delivered"}
    assert {key: times for key, times in mails(stack).items() if times > 1} == {}


def test_the_pages_are_reached_through_the_published_port(stack: Engine) -> None:
    until(lambda: stack.health("web") == 0 or None, "web is not healthy")
    with httpx.Client(base_url=base(stack), timeout=30, follow_redirects=True) as pages:
        assert pages.get("/health").status_code == HTTPStatus.OK
        until(lambda: pages.get("/ready").is_success or None, "a part of the installation is missing")
        asked = pages.get("/console/")
        assert asked.status_code == HTTPStatus.UNAUTHORIZED
        assert "Sign in" in asked.text


def test_limits_count_the_clients_of_a_proxy(stack: Engine) -> None:
    """Thirty wrong links a minute for each client: another one still gets an answer."""
    with httpx.Client(base_url=base(stack), timeout=30) as pages:

        def status(client: str) -> int:
            return pages.get("/u/wrong", headers={"X-Forwarded-For": client}).status_code

        assert HTTPStatus.TOO_MANY_REQUESTS in {status("203.0.113.7") for _ in range(60)}
        assert status("203.0.113.8") != HTTPStatus.TOO_MANY_REQUESTS


def test_the_stand_ins_follow_a_worker_that_is_started_again(stack: Engine) -> None:
    stack.tell("restart", "worker")
    until(lambda: network(stack, "sandbox") == network(stack, "worker") or None, "the sandbox is in another network")
    more_runs(stack)


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "redis"])
def test_a_service_that_stands_still_is_not_healthy(stack: Engine, name: str) -> None:
    """Its processes are stopped and stay. The health check is another process of the container."""
    stack.inside(name, "sh", "-c", EACH.format(signal="STOP"))
    until(lambda: stack.health(name) != 0 or None, f"{name} is healthy although it is stopped")
    stack.inside(name, "sh", "-c", EACH.format(signal="CONT"))
    until(lambda: stack.health(name) == 0 or None, f"{name} is not healthy again")


def test_a_redis_that_refuses_commands_is_not_healthy(stack: Engine) -> None:
    """It is the first process of its container, which nobody inside can stop."""
    stack.inside("redis", "redis-cli", "config", "set", "requirepass", "nobody-knows")
    assert stack.health("redis") != 0
    stack.inside("redis", "redis-cli", "-a", "nobody-knows", "config", "set", "requirepass", "")
    assert stack.health("redis") == 0

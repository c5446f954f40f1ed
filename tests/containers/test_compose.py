"""docker-compose.yml on an engine: a digest arrives, nothing is lost or sent twice when containers are killed, and each
health check passes and fails when it should.
"""

import urllib.request
from collections import Counter
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.containers.engine import Engine
from tests.machines.site import until

pytestmark = pytest.mark.containers
SERVICES = ("redis", "clock", "worker", "web", "sandbox")
MAILS = (
    "import email,pathlib,sys;"
    "[print(email.message_from_bytes(p.read_bytes())['Message-ID']) for p in pathlib.Path('/outbox').glob('*.eml')]"
)


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
    """In the middle of a run: one is on its way when the container is killed."""
    more_runs(stack, 1)
    until(lambda: runs(stack, "fetching") or runs(stack, "delivering") or None, "no run was on its way")
    stack.tell("kill", name, "-s", "KILL")
    stack.tell("start", name)
    more_runs(stack)
    told = stack.funnelbeat("runs", "--limit", "1000")["runs"]
    assert not [run["key"] for run in told if run["state"] in {"failed", "partial"}]
    doubtful = stack.funnelbeat("deliveries", "--state", "unknown")["deliveries"]
    assert not doubtful
    assert {key: times for key, times in mails(stack).items() if times > 1} == {}


def test_the_pages_are_reached_through_the_published_port_alone(stack: Engine) -> None:
    base = f"http://127.0.0.1:{stack.variables['WEB_PORT']}"
    with urllib.request.urlopen(f"{base}/health", timeout=10) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{base}/console/", timeout=10) as answer:
        assert answer.status == 200


def test_limits_count_the_clients_of_a_proxy(stack: Engine) -> None:
    """Thirty wrong links a minute for each client: another one still gets an answer."""
    base = f"http://127.0.0.1:{stack.variables['WEB_PORT']}"

    def status(client: str) -> int:
        request = urllib.request.Request(f"{base}/u/wrong", headers={"X-Forwarded-For": client})
        try:
            return int(urllib.request.urlopen(request, timeout=10).status)
        except HTTPError as error:
            return error.code

    assert 429 in {status("203.0.113.7") for _ in range(40)}
    assert status("203.0.113.8") != 429


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_stands_still_is_not_healthy(stack: Engine, name: str) -> None:
    """Its processes are stopped and stay. The health check is another process of the container."""
    own = "redis-server" if name == "redis" else "funnelbeat|worker.sandbox"
    each = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -qE '{own}' && kill -{signal} ${{p#/proc/}}; done; true"
    stack.inside(name, "sh", "-c", each.format(own=own, signal="STOP"))
    until(lambda: stack.health(name) != 0 or None, f"{name} is healthy although it is stopped")
    stack.inside(name, "sh", "-c", each.format(own=own, signal="CONT"))
    until(lambda: stack.health(name) == 0 or None, f"{name} is not healthy again")

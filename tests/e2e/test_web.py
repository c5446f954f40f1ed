"""`funnelbeat web` as a process: it listens, answers, and ends when it is told to."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.command_line import MAIL, command_line
from tests.support.smtp_server import CERTIFICATE
from worker.adapters.child_process import tied
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_it_serves_until_it_is_told_to_stop(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    port = free_port()
    with command_line(empty_redis, tmp_path / "project", MAIL) as here:
        words = [sys.executable, "-m", "worker.entry", "--project", str(here.place)]
        words += ["web", "--only", "links", "--port", str(port)]
        environment = {**os.environ, "FUNNELBEAT_LINK_KEY": "k" * 40}
        with subprocess.Popen(tied(words), env=environment, stderr=subprocess.PIPE) as child:
            transport = httpx.HTTPTransport(retries=20)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, trust_env=False) as client:
                assert client.get("/health").text == "ok\n"
                assert client.get("/u/secret-in-the-address").status_code == 404
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 0
            assert child.stderr is not None
            assert b"secret-in-the-address" not in child.stderr.read()


def test_it_serves_the_api_with_tls(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    port = free_port()
    with command_line(empty_redis, tmp_path / "project", MAIL) as here:
        token = here.document_of("tokens", "add", "ci", "--scope", "read")["token"]
        words = [sys.executable, "-m", "worker.entry", "--project", str(here.place), "web", "--host", "0.0.0.0"]  # noqa: S104  # it is allowed with TLS
        words += ["--port", str(port), "--tls-cert", str(CERTIFICATE), "--tls-key", str(CERTIFICATE)]
        with subprocess.Popen(tied(words), env=dict(os.environ), stderr=subprocess.PIPE) as child:
            transport = httpx.HTTPTransport(retries=20, verify=ssl.create_default_context(cafile=str(CERTIFICATE)))
            with httpx.Client(base_url=f"https://localhost:{port}", transport=transport, trust_env=False) as client:
                assert client.get("/health").text == "ok\n"
                sent = {"Authorization": f"Bearer {token}"}
                assert client.get("/api/v1/runs", headers=sent).json() == {"items": [], "next": None}
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 0
            assert child.stderr is not None
            lines = [json.loads(line) for line in child.stderr.read().splitlines()]
            assert lines[0]["sentence"].startswith("Links are not served: FUNNELBEAT_LINK_KEY is not set. ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "links"), "FUNNELBEAT_LINK_KEY is not set"),
        (
            ("--only", "api,pictures"),
            "found 'pictures', expected one or more of api, console, hooks, chat, bounces, metrics, links",
        ),
        (("--host", "192.0.2.1"), "without TLS: add --tls-cert and --tls-key, or --behind-proxy"),
        (("--host", "beat.acme.example"), "which others reach"),
        (("--tls-cert", "a.pem"), "found one of them, expected both"),
        (("--tls-cert", "a.pem", "--tls-key", "b.pem"), "a.pem: there is no such file"),
    ],
)
def test_what_it_cannot_do_is_refused(
    empty_redis: EmbeddedRedis, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    with command_line(empty_redis, tmp_path / "project", MAIL) as here:
        seen = here.call("web", *words)
        assert seen.exit_code == console.WRONG
        assert said in seen.stderr

"""A mail server that takes connections and says nothing, beside one that works: one worker with two children."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.installation import PROJECT, SHORT, Installation, installation
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunKey
from worker.flow.operate.on_demand import request

pytestmark = pytest.mark.alone

READERS = 60
WITHIN = 15.0
"""Seconds. A child that meets the silent server is lost for 24 s, most of the lease."""

BOTH = PROJECT.replace(
    "  chat:", '  mute: {type: email, url: "smtp://127.0.0.1:PORT?tls=never", from: reports@acme.example}\n  chat:'
)
SCHEDULE = """
name: Two servers
when: {every: 23h}
report:
  - {id: deals, source: close, query: opportunities,
     params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, status_type: active}}
to:
"""


@contextmanager
def mute_server() -> Iterator[tuple[socket.socket, int]]:
    """The system takes its connections, and nobody ever answers them."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        server.setblocking(False)
        yield server, server.getsockname()[1]


def connections(server: socket.socket) -> int:
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def _entries() -> str:
    """The readers of both servers in turn, so that they stand mixed in the queue."""
    return "".join(
        f"  - {{id: {channel}-{number}, channel: {channel}, address: {channel}-{number}@acme.example}}\n"
        for number in range(READERS)
        for channel in ("mute", "mail")
    )


def test_readers_of_the_other_server_are_served_within_seconds(tmp_path: Path) -> None:
    times = replace(SHORT, delivery_lease=30.0)
    with mute_server() as (server, port):
        project, schedules = BOTH.replace("PORT", str(port)), {"both": SCHEDULE + _entries()}
        with installation(tmp_path, project=project, schedules=schedules, times=times) as here:
            run = here.ask(lambda services: request(services, "both", None, None), queue=True)
            here.until(lambda: _begun(here, run))
            begun = datetime.now(UTC)
            last = here.until(lambda: _all_sent(here, run), seconds=WITHIN + 30)
            mute = [row.state for row in here.deliveries(run) if row.key.reader.startswith("mute")]
            met = connections(server)
    assert (last - begun).total_seconds() < WITHIN
    assert DeliveryState.SENT not in mute
    assert DeliveryState.UNKNOWN not in mute, "nothing of a message went to a server that greeted nobody"
    assert met == 1, "one message tries the server, and the others wait for what becomes of it"


def _begun(here: Installation, run: RunKey) -> bool | None:
    return bool(here.deliveries(run)) or None


def _all_sent(here: Installation, run: RunKey) -> datetime | None:
    rows = [row for row in here.deliveries(run) if row.key.reader.startswith("mail")]
    return datetime.now(UTC) if rows and all(row.state is DeliveryState.SENT for row in rows) else None

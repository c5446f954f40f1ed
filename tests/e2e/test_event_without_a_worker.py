"""An event that comes while no worker runs: its run is claimed, waits, and is delivered once when a worker is back."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.e2e.test_web import free_port
from tests.support.child_processes import send_signal
from tests.support.installation import PROJECT, SCHEDULE, Installation, installation
from tests.support.patience import PATIENCE
from tests.web.test_hooks import CLOSE_KEY, by_close, of_close
from worker.adapters.child_process import tied
from worker.domain.delivery import DeliveryState
from worker.domain.run import Run, RunState
from worker.entry.project_dir import child_environment
from worker.flow.services import Services

MOVED = SCHEDULE.replace("when: {every: 23h}", "when: {event: close.opportunity.updated, debounce: 1s}")
SECRET = PROJECT.replace("{type: sandbox}", f'{{type: sandbox, webhook_secret: "{CLOSE_KEY}"}}', 1)


def runs(here: Installation) -> tuple[Run, ...]:
    async def look(services: Services) -> tuple[Run, ...]:
        return await services.lookups.runs(None, 10)

    return here.ask(look)


def claimed(here: Installation) -> Run:
    """The first run. No child is begun again meanwhile, as `Installation.until` would do."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = runs(here)
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(here.report())


def test_it_runs_once_when_a_worker_is_back(tmp_path: Path) -> None:
    with installation(tmp_path, project=SECRET, schedules={"moved": MOVED}) as here:
        [worker] = here.processes.pids("worker")
        assert send_signal(worker, group=True)
        port = free_port()
        words = [sys.executable, "-m", "worker.entry", "--project", str(here.place), "web", "--only", "hooks"]
        environment = {**os.environ, **child_environment(here.settings, "acme")}
        with (
            subprocess.Popen(tied([*words, "--port", str(port)]), env=environment) as web,
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=20), trust_env=False
            ) as client,
        ):
            for body in (of_close(1), of_close(2), of_close(1)):
                answer = client.post("/hooks/close", content=body, headers=by_close(body))
                assert answer.status_code == 202, answer.text
            web.terminate()
        key = claimed(here).key
        assert here.box.call(lambda box: box.outbox.of("eml")) == [], "nobody is there to send"
        run = here.until(lambda: here.closed(key))
        assert (run.trigger, run.state) == ("event", RunState.DELIVERED)
        rows = here.deliveries(key)
        assert [row.state for row in rows] == [DeliveryState.SENT] * 2
        assert [here.mails(row.key) for row in rows if row.key.reader.startswith("team|")] == [1]
        assert [one.key for one in runs(here)] == [key]

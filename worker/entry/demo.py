"""The main job on embedded defaults: Redis, the sandbox, one clock, one Celery worker, and the messages they
deliver.
"""

import asyncio
import json
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from worker.adapters.event_log import configure
from worker.app import open_services
from worker.documents.journal import journal_document
from worker.documents.runs import demo_run_document
from worker.domain.run import CLOSED, Run, RunState
from worker.domain.schedule import Bundle
from worker.entry import console
from worker.entry.bridge_words import bridge_lines
from worker.entry.children import ChildProcesses
from worker.entry.demo_alerts import WATCH, alert_sentence, of_renewals, one_alert
from worker.entry.demo_page import write_page
from worker.entry.local_queue import LocalQueue
from worker.entry.new_project import write_project
from worker.entry.processes import deploy_now, stop_signal
from worker.entry.project_dir import bundle_of, child_environment
from worker.entry.project_redis import redis_for
from worker.errors import LedgerError, RequestError
from worker.flow.operate.preview import bridge_of
from worker.flow.services import Services
from worker.sandbox.journal import bridge
from worker.sandbox.server import Sandbox, SandboxThread
from worker.settings import Settings

T = TypeVar("T")
EXAMPLE = "weekly-pipeline"
MARK = ".funnelbeat-demo"
"""Marks a folder that a demo made, and that the next one may empty."""

OFTEN, WATCHES, OTHERS = "10s", "5s", "20s"
"""How often the example, the watch and the other schedules fire."""
WITHIN = "1m"
"""A run's deadline. Without it the deadline is the next slot, which is too early on a busy machine."""
CHILDREN = "4"
"""Child processes of the worker. A child that waits for a channel's rate limit fetches nothing meanwhile."""

PATIENCE = 240.0
"""Seconds for two runs ten seconds apart on a slow machine. After that the demo ends with an error message."""

LOOK = 0.2
"""Seconds between two reads of the ledger."""

IN_FLIGHT = frozenset({RunState.FETCHING, RunState.DELIVERING})
"""States in which a run may have read the pipeline. A claimed run has not asked for anything yet."""


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after two delivered runs of the example.")] = False,
    out: Annotated[Path, typer.Option("--out", help="The folder for the delivered messages.")] = Path("demo-out"),
) -> None:
    """Show the whole product without an account: every service it talks to is a sandbox on this machine."""
    with console.guarded(as_json=False), tempfile.TemporaryDirectory(prefix="funnelbeat-") as scratch:
        make_ready(out)
        place = Path(scratch) / "demo"
        write_demo_project(place)
        bundle = bundle_of(place)
        with redis_for(place) as base, SandboxThread(out=out) as box:
            settings = replace(base, sandbox=box.describe_json())
            configure("warning")
            deploy_now(bundle, settings, place)
            environment = {**child_environment(settings, bundle.project), "FUNNELBEAT_CONCURRENCY": CHILDREN}
            with ChildProcesses((("clock",), ("worker",)), place, environment, log=out) as children:
                page = _play(bundle, settings, place, box, children, out)
                _stay(out, children, once=once)
            page()  # what was delivered since then is on it too


def make_ready(out: Path) -> None:
    """Makes an empty folder with the demo's mark. Removes what an earlier demo left there, and touches nothing else.

    Raises RequestError for a folder that holds something and has no mark, and for one that cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        there = list(out.iterdir())
        if there and not (out / MARK).is_file():
            raise RequestError(f"{out} {_why_not(out)}")
        (out / MARK).touch()
        for path in there:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != MARK:
                path.unlink()
    except OSError as error:
        raise RequestError(f"{out} cannot be written: {error.strerror}") from None


def _why_not(out: Path) -> str:
    """An early version left no mark. Even then nothing is removed: somebody may have put files of their own there."""
    if all((out / name).is_file() for name in ("journal.json", "runs.json")):
        return (
            "seems to be from an early version of the demo, which did not mark its folder: "
            f"remove it with `rm -r {shlex.quote(str(out))}`, or name another folder with --out"
        )
    return "holds files that the demo did not write: name another folder with --out"


def write_demo_project(place: Path) -> None:
    """The sandbox project, with schedules that fire every few seconds instead of on Mondays."""
    write_project(place, "demo")
    for path in (place / "schedules").glob("*.yaml"):
        every = {EXAMPLE: OFTEN, WATCH: WATCHES}.get(path.stem, OTHERS)
        text = path.read_text(encoding="utf-8")
        lines = (of_renewals(text) if path.stem == WATCH else text).splitlines()
        changed = [f"when: {{every: {every}, timezone: Europe/Berlin}}" if x.startswith("when:") else x for x in lines]
        path.write_text("\n".join((*changed, f"within: {WITHIN}")) + "\n", encoding="utf-8")


def _play(
    bundle: Bundle, settings: Settings, place: Path, box: SandboxThread, children: ChildProcesses, out: Path
) -> Callable[[], Path]:
    """Two delivered runs with one step of the pipeline between them, then one alert; writes journal.json, runs.json,
    alerts.json and index.html. Returns what writes index.html again.
    """

    async def play() -> tuple[Run, Run, datetime, datetime, list[dict[str, Any]]]:
        async with open_services(settings, bundle.project, queue=LocalQueue(), directory=place) as services:
            with console.progress("First digest"):
                await _until(children, lambda: _delivered(services))
            before, read_from, read_to = await _step(services, box, children)
            with console.progress("The pipeline moved; second digest"):
                after = await _until(children, lambda: _next_after(services, before))
            with console.progress("The other schedules"):
                await _until(children, lambda: _all_delivered(services, bundle))
            with console.progress("An alert"):
                told = await one_alert(services, bundle.project, box, partial(_until, children))
            _write(out / "alerts.json", told)
            console.out.print(alert_sentence(told), markup=False)
            documents = [await _document(services, run) for run in (before, after)]
            return before, after, read_from, read_to, documents

    _, _, read_from, read_to, documents = asyncio.run(play())
    truth = box.call(lambda sandbox: bridge(sandbox.pipeline.log, read_from, read_to))
    moved = journal_document(read_from, read_to, truth)
    _write(out / "journal.json", moved)
    _write(out / "runs.json", documents)
    page = partial(write_page, out, bundle.schedules[EXAMPLE].name, documents[1]["bridge"], moved)
    _print_result(moved, documents, out, page)
    return page


async def _step(services: Services, box: SandboxThread, children: ChildProcesses) -> tuple[Run, datetime, datetime]:
    """Change the pipeline once, at an instant when no run is reading it: the gate is shut and no request is in flight.

    Returns the newest run that ended before the step, and instants before and after the step.
    """

    async def taken() -> tuple[Run, datetime, datetime] | None:
        box.run(_shut)
        newest = (await services.lookups.runs(None, 20))[:20]
        before = await _delivered(services)
        if before is None or any(run.state in IN_FLIGHT for run in newest):
            box.call(lambda sandbox: sandbox.gate.open())
            return None
        instants = box.call(_move)
        box.call(lambda sandbox: sandbox.gate.open())
        return before, *instants

    return await _until(children, taken)


async def _shut(sandbox: Sandbox) -> None:
    sandbox.gate.shut()
    await sandbox.gate.idle()


def _move(sandbox: Sandbox) -> tuple[datetime, datetime]:
    before = sandbox.now()
    sandbox.pipeline.step(sandbox.now())
    return before, sandbox.now()


async def _delivered(services: Services) -> Run | None:
    """The newest closed run of the example, if it was delivered."""
    closed = [run for run in await services.lookups.runs(EXAMPLE, 10) if run.state in CLOSED]
    return closed[0] if closed and closed[0].state is RunState.DELIVERED else None


async def _all_delivered(services: Services, bundle: Bundle) -> bool | None:
    """Whether every schedule has delivered at least once. Raises LedgerError for one whose run failed."""
    for schedule in bundle.schedules:
        closed = [run for run in await services.lookups.runs(schedule, 10) if run.state in CLOSED]
        failed = next((run for run in closed if run.state in {RunState.FAILED, RunState.PARTIAL} or run.gaps), None)
        if failed is not None:
            raise LedgerError(f"{failed.key} ended {failed.state}: {failed.sentence or failed.gaps}")
        reads = bundle.schedules[schedule].to
        if not any(run.state is RunState.DELIVERED for run in closed) and (reads or not closed):
            return None
    return True


async def _next_after(services: Services, before: Run) -> Run | None:
    """The first closed run that read the pipeline after the step."""
    later = [run for run in await services.lookups.runs(EXAMPLE, 10) if run.key.slot > before.key.slot]
    done = [run for run in later if run.state in CLOSED and run.state is not RunState.SKIPPED]
    if done and done[-1].state is not RunState.DELIVERED:
        raise LedgerError(f"{done[-1].key} ended {done[-1].state}: {done[-1].sentence}")
    return done[-1] if done else None


async def _until(children: ChildProcesses, look: Callable[[], Coroutine[Any, Any, T | None]]) -> T:
    """Calls `look` until it returns a value. Raises LedgerError if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = await look()
        if found is not None:
            return found
        children.look_after()
        await asyncio.sleep(LOOK)
    raise LedgerError("no run was delivered in time; clock.log and worker.log beside the messages say why")


async def _document(services: Services, run: Run) -> dict[str, Any]:
    rows = await services.lookups.deliveries(run.key)
    return demo_run_document(run, await bridge_of(services, run, rows))


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _print_result(moved: dict[str, Any], documents: list[dict[str, Any]], out: Path, page: Callable[[], Path]) -> None:
    """Writes index.html, and says what was delivered and which file to open. If the digest's bridge differs from the
    journal, the demo ends with 1.
    """
    if documents[1]["bridge"] != moved["bridge"]:
        raise LedgerError(f"the second digest's bridge differs from {out / 'journal.json'}")
    written = page()
    console.out.print("Two runs of the example were delivered, and the sandbox's pipeline moved in between:")
    for currency, terms in moved["bridge"].items():
        for line in bridge_lines(currency, terms):
            console.out.print(line, markup=False)
    console.out.print("Every amount of the second digest equals what really happened (journal.json).")
    console.out.print(f"Open this file in a browser: {written}", markup=False)


def _stay(out: Path, children: ChildProcesses, *, once: bool) -> None:
    """Without --once the demo delivers until it is stopped."""
    if once:
        return
    console.out.print(f"Still running: a digest every ten seconds into {out}/. Ctrl-C stops.")
    stop = stop_signal()
    while not stop.wait(1.0):
        children.look_after()


COMMANDS = {"demo": demo}

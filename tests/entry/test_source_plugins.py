"""A source that another package brings: found at the start, checked, previewed and run like one of ours."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.distribution import install
from tests.support.patience import PATIENCE
from worker.adapters.redis_server import EmbeddedRedis
from worker.connectors import OpenConnectors
from worker.domain.schedule import Bundle, Connection, Defaults, Query
from worker.errors import RequestError
from worker.plugins import SOURCE_PLUGINS

SOURCE = '''
"""Counts from a JSON file: {"open": 3, "closed": 4}."""

import json
from pathlib import Path

from worker.domain.snapshot.snapshot import Kind, Measure, Snapshot
from worker.errors import SourceUnavailable
from worker.ports import Answer
from worker.ports.kinds import Option, Param, ParamKind, QuerySpec, SourceKind


class Counts:
    def __init__(self, path, clock):
        self._path, self._clock = path, clock

    async def fetch(self, question):
        began = self._clock()
        try:
            counts = json.loads(self._path.read_text())
        except OSError as error:
            raise SourceUnavailable(str(self._path), error.strerror) from None
        wanted = {name: n for name, n in counts.items() if name == question.item.params["of"]}
        measures = tuple(Measure(("total", name), Kind.INT, count) for name, count in wanted.items())
        return Answer(
            Snapshot(question.item.id, str(self._path), None, question.slot, (began, self._clock()), measures)
        )

    async def aclose(self):
        pass


def open_source(options, *, clock, quota=None, renewal=None):
    return Counts(Path(options["path"]), clock)


OF = Param("of", ParamKind.CHOICE, ("open", "closed"), required=True)
COUNTS = QuerySpec("counts", "Counts of tickets", False, (OF,), counts="tickets")
KIND = SourceKind("ticketfile", (Option("path", required=True),), {"counts": COUNTS}, open_source)
'''
PROJECT = """
project: tickets
connections: {desk: {type: ticketfile, path: PATH}}
channels: {mail: {type: sandbox}}
"""
WEEK = """
name: Tickets
when: {every: 1h}
report:
  - {id: waiting, source: desk, query: counts, params: {of: open}}
to:
  - {id: team, channel: mail, address: team@acme.example}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "acme"
    (place / "schedules").mkdir(parents=True)
    (place / "counts.json").write_text('{"open": 4711, "closed": 4}', "utf-8")
    (place / "funnelbeat.yaml").write_text(PROJECT.replace("PATH", str(place / "counts.json")), "utf-8")
    (place / "schedules" / "week.yaml").write_text(WEEK, "utf-8")
    return place


def call(project: Path, redis: EmbeddedRedis, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: it finds plug-ins when it starts."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(project.parent / "site"),
        "FUNNELBEAT_REDIS_URL": redis.url,
        "FUNNELBEAT_BROKER_URL": redis.broker_url,
    }
    command = [sys.executable, "-m", "worker.entry", "--project", str(project), *words]
    return subprocess.run(
        command,
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def bring(project: Path, point: str = "ticketfile = ticketfile:KIND") -> None:
    install(project.parent / "site", "funnelbeat-tickets", SOURCE_PLUGINS, point, {"ticketfile.py": SOURCE})


def test_a_source_of_another_package_is_checked_previewed_and_run(project: Path, empty_redis: EmbeddedRedis) -> None:
    bring(project)
    assert call(project, empty_redis, "check").returncode == 0
    page = project.parent / "page.html"
    seen = call(project, empty_redis, "preview", "week", "--out", str(page))
    assert seen.returncode == 0, seen.stderr
    assert "4,711" in page.read_text("utf-8")
    assert call(project, empty_redis, "deploy", "--yes").returncode == 0
    ran = call(project, empty_redis, "run", "week", "--json", "--out", str(project.parent / "out"))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["state"] == "delivered"
    (mail,) = (project.parent / "out").glob("*.eml")
    assert "4,711" in mail.read_text("utf-8")


def test_its_parameters_are_checked_like_those_of_ours(project: Path, empty_redis: EmbeddedRedis) -> None:
    bring(project)
    (project / "schedules" / "week.yaml").write_text(WEEK.replace("of: open", "of: opne"), "utf-8")
    seen = call(project, empty_redis, "check")
    assert seen.returncode == 2
    assert "`of` with" in seen.stderr + seen.stdout
    assert "did you mean `open`?" in seen.stderr + seen.stdout


@pytest.mark.parametrize("command", ["check", "worker"])
def test_a_broken_plug_in_is_one_sentence_at_the_start_and_no_traceback(
    project: Path, empty_redis: EmbeddedRedis, command: str
) -> None:
    bring(project, "close = ticketfile:MISSPELT")
    seen = call(project, empty_redis, command)
    assert seen.returncode == 2
    (line,) = seen.stderr.strip().splitlines()
    assert line.startswith(
        f"plug-in funnelbeat-tickets ({SOURCE_PLUGINS}: close = ticketfile:MISSPELT): cannot be loaded"
    )


def test_a_plug_in_takes_no_type_of_ours(project: Path, empty_redis: EmbeddedRedis) -> None:
    install(
        project.parent / "site",
        "funnelbeat-tickets",
        SOURCE_PLUGINS,
        "any = ticketfile:KIND",
        {"ticketfile.py": SOURCE.replace('"ticketfile"', '"close"')},
    )
    seen = call(project, empty_redis, "check")
    assert seen.returncode == 2
    assert "found the type 'close', which exists already" in seen.stderr


def test_where_the_plug_in_is_not_installed_its_query_is_a_clear_refusal(tmp_path: Path) -> None:
    """Deployed where it is installed, and run where it is not: a run has a gap with this sentence, a delivery waits."""
    bundle = Bundle("tickets", Defaults(), {"desk": Connection("desk", "ticketfile", {"path": "x"})}, {}, {})
    connectors = OpenConnectors({}, tmp_path)
    sentence = "type: ticketfile: there is no such connection here; is its plug-in installed?"
    with pytest.raises(RequestError, match=re.escape(sentence)):
        connectors.source(bundle, "desk")
    with pytest.raises(RequestError, match=re.escape(sentence)):
        connectors.query(bundle, Query("waiting", "desk", "counts"))


def test_a_query_that_an_older_version_does_not_have_is_a_clear_refusal(tmp_path: Path) -> None:
    bundle = Bundle("acme", Defaults(), {"crm": Connection("crm", "close")}, {}, {})
    with pytest.raises(RequestError, match="type: close: this version of it has no query forecasts"):
        OpenConnectors({}, tmp_path).query(bundle, Query("next", "crm", "forecasts"))

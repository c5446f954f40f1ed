"""The rows of long lists on a spinner: over the stand-ins, and what the words are."""

import asyncio
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from worker.adapters.redis_server import EmbeddedRedis
from worker.entry import console
from worker.entry.cli import app
from worker.plugins import open_source
from worker.ports import Catalog
from worker.progress import count_rows, watched
from worker.sandbox.server import SandboxThread

PROJECT = "project: seen\nconnections: {crm: {type: sandbox}}\nchannels: {mail: {type: sandbox}}\n"
SCHEDULE = """
name: Deals
when: {cron: "0 9 * * MON", timezone: UTC}
report: [{id: deals, source: crm, query: opportunities, follow: closed, params: {status_type: active}}]
digest: {bridge: deals}
to: [{channel: mail, address: sales@acme.example}]
"""


def test_a_list_that_close_counts_says_how_many_rows_of_how_many(
    empty_redis: EmbeddedRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "schedules" / "deals.yaml").write_text(SCHEDULE, encoding="utf-8")
    monkeypatch.setenv("FUNNELBEAT_REDIS_URL", empty_redis.url)
    monkeypatch.chdir(tmp_path)
    shown: list[str] = []
    with SandboxThread() as box, watched(console.Rows(shown.append)):
        monkeypatch.setenv("FUNNELBEAT_SANDBOX", box.describe_json())
        done = CliRunner().invoke(app, ["preview", "deals", "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["subject"]
    read, of, due, rows = shown[-1].split()
    assert (of, rows) == ("of", "rows")
    assert read == due != "0"


def test_a_list_that_pipedrive_does_not_count_says_its_rows_alone() -> None:
    shown: list[str] = []

    async def look(box: SandboxThread) -> int:
        source = open_source("sandbox-pipedrive", {}, box.describe(), lambda: datetime.now(UTC))
        assert isinstance(source, Catalog)
        try:
            return len((await source.holds("pipelines")).rows)
        finally:
            await source.aclose()

    with SandboxThread() as box, watched(console.Rows(shown.append)):
        count = asyncio.run(look(box))
    assert shown[-1] == f"{count} rows"


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=8))
def test_whatever_the_pages_the_last_words_are_the_sum(pages: list[int]) -> None:
    shown: list[str] = []
    with watched(console.Rows(shown.append)):
        count_rows(0, sum(pages))
        for page in pages:
            count_rows(page)
    assert shown[-1] == f"{sum(pages):,} of {sum(pages):,} rows"


def test_one_list_without_a_count_leaves_no_sum_to_show() -> None:
    shown: list[str] = []
    with watched(console.Rows(shown.append)):
        count_rows(12_300, 100_000)
        count_rows(5, None)
        count_rows(1, 50_000)
    assert shown == ["12,300 of 100,000 rows", "12,305 rows", "12,306 rows"]


def test_who_no_longer_watches_is_told_nothing() -> None:
    shown: list[str] = []
    with watched(console.Rows(shown.append)):
        count_rows(1)
    count_rows(1)
    assert len(shown) == 1


def test_the_spinner_of_a_terminal_shows_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=seen, force_terminal=True, width=80))
    with console.progress("Fetching deals"):
        count_rows(12_300, 100_000)
    assert "Fetching deals: 12,300 of 100,000 rows" in seen.getvalue()


def test_off_a_terminal_there_is_no_spinner(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=seen, force_terminal=False))
    with console.progress("Fetching deals"):
        count_rows(12_300, 100_000)
    assert seen.getvalue() == ""

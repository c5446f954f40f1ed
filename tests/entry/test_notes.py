"""Every command that shows a run shows the notes of its sources."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
import redis

from tests.support.command_line import PROJECT, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis

NOTE = "open deals were not judged: the rule knows nothing of their stage"
NOTED = f"note on idle: 30 {NOTE}"
IDLE = """
name: Idle deals
when: {every: 23h}
report: [{id: idle, source: close, query: stalled_deals, params: {rule: stage_history, percentile: 90, pipeline_id: 1}}]
to: [{id: team, channel: mail, address: sales@acme.example}]
"""


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with (
        patch(
            "tests.support.command_line.PROJECT",
            PROJECT.replace("type: sandbox}}\nch", "type: sandbox-pipedrive}}\nch"),
        ),
        command_line(empty_redis, tmp_path / "project", IDLE) as line,
        patch.dict("os.environ", {"FUNNELBEAT_SANDBOX": line.settings.sandbox}),
    ):
        yield line


def test_every_command_that_tells_of_a_run_tells_its_notes(here: CommandLine) -> None:
    ended = here.document_of("run", "asked")
    page = str(here.place / "page.html")
    asked = [("show", ended["key"]), ("explain", ended["key"]), ("preview", "asked", "--out", page)]
    for words in (*asked, ("run", "asked", "--dry-run"), ("run", "asked", "--to", "mail:me@acme.example")):
        assert NOTED in " ".join(here.call(*words).stdout.split()), words
        told = here.document_of(*words)
        document = told[0] if isinstance(told, list) else told
        assert document["notes"] == [{"query": "idle", "sentence": f"30 {NOTE}"}], words
    assert ended["notes"] == [{"query": "idle", "sentence": f"30 {NOTE}"}]
    assert NOTED in " ".join(here.call("run", "asked").stdout.split())


def test_a_run_whose_answers_are_gone_from_redis_has_no_notes(here: CommandLine) -> None:
    key = here.document_of("run", "asked")["key"]
    with redis.Redis.from_url(here.redis.url) as client:
        client.delete(*client.keys("acme:snap:*"))
    assert here.document_of("show", key)["notes"] == []


def test_a_preview_says_why_a_part_is_missing_and_ends_with_three_where_all_are(here: CommandLine) -> None:
    assert here.box is not None
    here.box.call(lambda box: box.pipedrive.refusing.update({"GET /api/v2/deals": "right"}))
    seen = here.call("preview", "asked", "--out", str(here.place / "page.html"))
    assert seen.exit_code == 3
    told = " ".join(seen.stdout.split())
    assert "missing idle: GET /api/v2/deals: the token has no right to this (403)" in told

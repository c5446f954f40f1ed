"""Links in the mails of real runs: who has them, and that a message with them is made again byte for byte."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support import in_process
from tests.support.in_process import SCHEDULE, TEAM, InProcessRun
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.signed_links import SignedLinks
from worker.domain.links import Purpose
from worker.domain.run import Run
from worker.flow.operate.replay import Replayed, replay
from worker.settings import Settings

BASE = "https://beat.acme.example"
OLD, NEW = "o" * 40, "n" * 40
WEB = f"web: {{base_url: {BASE}/}}\nshared_addresses: [sales@acme.example]\n"
TO = """
  - {id: ada, channel: mail, address: ada@acme.example, thread: series}
  - {id: room, channel: chat, address: C0123456789}
"""


@asynccontextmanager
async def story(redis: EmbeddedRedis, place: Path, link_key: str) -> AsyncIterator[InProcessRun]:
    async with in_process.in_process_run(redis.url, place, Settings(link_key=link_key)) as made:
        file = place / "funnelbeat.yaml"
        file.write_text(file.read_text("utf-8") + WEB, "utf-8")
        await made.deploy(SCHEDULE.rstrip() + TO)
        yield made


def mails(week: InProcessRun) -> dict[str, EmailMessage]:
    """By address."""
    found = [
        message_from_bytes(item.body, policy=policy.default) for item in week.box.outbox.items if item.kind == "eml"
    ]
    return {str(mail["To"]): mail for mail in found}


async def again(week: InProcessRun, run: Run) -> dict[str, Replayed]:
    return {made.row.key.reader.partition("|")[0]: made async for made in replay(week.services, run)}


async def test_each_reader_has_links_of_his_own_but_for_a_shared_address(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with story(empty_redis, tmp_path / "project", NEW) as week:
        run, rows = await week.run()
        sent = mails(week)
        header = str(sent["ada@acme.example"]["List-Unsubscribe"])
        assert header.startswith(f"<{BASE}/u/")
        link = SignedLinks((NEW,), "acme").read(header.strip("<>").removeprefix(f"{BASE}/u/"))
        assert link is not None
        assert (link.purpose, link.reader.address) == (Purpose.UNSUBSCRIBE, "ada@acme.example")
        assert f"{BASE}/p/" in str(sent["ada@acme.example"].get_body(("html",)))
        assert sent["sales@acme.example"]["List-Unsubscribe"] is None
        assert BASE not in str(sent["sales@acme.example"])
        keys = {row.key.reader.partition("|")[0]: row.link_key for row in rows}
        assert keys == {"ada": SignedLinks((NEW,), "acme").key_id, "team": "", "room": ""}
        assert all(made.equal for made in (await again(week, run)).values())


async def test_a_message_is_made_again_after_a_rotation_and_says_which_key_is_missing(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with story(empty_redis, tmp_path / "project", OLD) as week:
        run, _ = await week.run()
        services = week.services
        week.services = replace(services, links=SignedLinks((NEW, OLD), "acme"))
        assert all(made.equal for made in (await again(week, run)).values())
        week.services = replace(services, links=SignedLinks((NEW,), "acme"))
        made = await again(week, run)
        assert {name: one.equal for name, one in made.items()} == {"ada": False, "team": True, "room": True}
        assert f"the key {SignedLinks((OLD,), 'acme').key_id}, which FUNNELBEAT_LINK_KEY" in made["ada"].causes[0]


@pytest.mark.parametrize("link_key", ["", NEW])
async def test_without_a_key_there_are_no_links(empty_redis: EmbeddedRedis, tmp_path: Path, link_key: str) -> None:
    async with story(empty_redis, tmp_path / "project", link_key) as week:
        run, _ = await week.run()
        assert (mails(week)["ada@acme.example"]["List-Unsubscribe"] is None) is (not link_key)
        assert all(made.equal for made in (await again(week, run)).values())


async def test_a_series_answers_the_same_message_in_every_run(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with story(empty_redis, tmp_path / "project", NEW) as week:
        await week.run()
        first = mails(week)
        week.step()
        await week.run()
        second = mails(week)
        ada = "ada@acme.example"
        assert first[ada]["Message-ID"] != second[ada]["Message-ID"]
        assert first[ada]["References"] == second[ada]["References"] is not None
        assert {str(mail[ada]["Subject"]) for mail in (first, second)} == {"Weekly pipeline"}
        assert TEAM.address in second
        assert second[TEAM.address]["References"] is None

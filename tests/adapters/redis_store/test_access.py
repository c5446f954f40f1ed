"""Tokens and the audit list on a real Redis."""

from dataclasses import replace
from datetime import timedelta

from tests.support.ledger_fixture import SLOT, LedgerFixture
from worker.domain.access import AccessToken, AuditRecord, Door, TokenScope

TOKEN = AccessToken("0a1b2c3d", "ci", frozenset({TokenScope.READ, TokenScope.TRIGGER}), "aa" * 32, SLOT, "ops@host")
RECORD = AuditRecord(SLOT, Door.CLI, "ops@host", "pause", "weekly", {"until": "never"}, {"until": "Monday"})


async def test_a_token_is_read_back_with_its_last_use(story: LedgerFixture) -> None:
    await story.access.add(TOKEN)
    assert await story.access.find(TOKEN.id) == TOKEN
    await story.access.note_use(TOKEN.id, SLOT + timedelta(hours=1))
    used = replace(TOKEN, used=SLOT + timedelta(hours=1))
    assert await story.access.find(TOKEN.id) == used
    assert await story.access.all() == (used,)


async def test_a_token_that_is_gone_leaves_nothing(story: LedgerFixture) -> None:
    await story.access.add(TOKEN)
    await story.access.note_use(TOKEN.id, SLOT)
    assert await story.access.remove(TOKEN.id)
    assert not await story.access.remove(TOKEN.id)
    assert await story.access.find(TOKEN.id) is None
    assert await story.access.all() == ()


async def test_the_audit_list_is_read_in_pages_newest_first(story: LedgerFixture) -> None:
    for number in range(5):
        await story.audit.add(replace(RECORD, subject=f"weekly-{number}"))
    newest = await story.audit.newest(2)
    rest = await story.audit.newest(10, before=newest[-1].id)
    assert [await story.audit.newest(10, before=first) for first in ("0-0", "00-0", "0-000")] == [()] * 3
    assert [record.subject for record in (*newest, *rest)] == [f"weekly-{number}" for number in (4, 3, 2, 1, 0)]
    assert replace(newest[0], id="", subject="weekly") == RECORD

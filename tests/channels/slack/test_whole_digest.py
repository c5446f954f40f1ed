"""A whole digest in the Slack stand-in: every part is absent before it is sent, is sent, and is found afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.golden.digests import DIGESTS
from tests.support.slack_cases import ENVELOPE
from tests.support.slack_golden import rendered
from worker.channels.slack.channel import SlackChannel
from worker.channels.slack.upload import upload_body
from worker.channels.slack.webhook import SlackWebhookChannel
from worker.domain.delivery import Attachment, Envelope, Receipt
from worker.sandbox.names import HOSTILE
from worker.sandbox.server import Sandbox
from worker.sandbox.slack_api import TOKEN

CSV = Attachment("weekly-pipeline-2026-11-16.csv", "text/csv", b"deal;value\r\n\xc3\x9cmit;1\r\n")


def now() -> datetime:
    return ENVELOPE.date


async def hand_over(
    channel: SlackChannel | SlackWebhookChannel, name: str, envelope: Envelope = ENVELOPE
) -> list[Receipt]:
    receipts: list[Receipt] = []
    for part in channel.build(rendered(DIGESTS[name], files=(CSV,)), envelope):
        receipts.append(await channel.send(part, channel.seal(part, receipts), envelope))
    return receipts


@pytest.mark.parametrize("name", list(DIGESTS))
async def test_every_digest_goes_in_whole_and_nothing_of_it_is_reduced(name: str) -> None:
    async with Sandbox(now=now, names=HOSTILE) as box:
        channel = SlackChannel(TOKEN, box.slack_url)
        receipts = await hand_over(channel, name)
        await channel.aclose()
        assert not any("reduced" in receipt.text for receipt in receipts)
        main, *others = box.room.posts
        assert main.thread is None
        assert {post.thread for post in others} == {main.ts}
        assert len(box.room.posts) == len(receipts)


@pytest.mark.parametrize("address", ["C0123456789", "U0PERSON01"])
async def test_every_part_is_found_by_its_receipt_and_another_deliverys_is_not(address: str) -> None:
    envelope = replace(ENVELOPE, address=address)
    other = replace(envelope, key=replace(envelope.key, reader=f"other|{address}"))
    async with Sandbox(now=now, names=HOSTILE) as box:
        channel = SlackChannel(TOKEN, box.slack_url)
        parts = channel.build(rendered(DIGESTS["normal"], files=(CSV,)), envelope)
        assert await channel.find(parts[0], envelope) is None
        receipts: list[Receipt] = []
        for part in parts:
            if part.number:
                assert await channel.find(part, envelope) is None
            receipts.append(await channel.send(part, channel.seal(part, receipts), envelope))
        assert [await channel.find(part, envelope) for part in parts] == receipts
        assert await channel.find(channel.build(rendered(DIGESTS["normal"]), other)[0], other) is None
        await channel.aclose()


@pytest.mark.parametrize("ahead", [70, 3600, 23 * 3600])
async def test_every_part_is_found_by_a_clock_that_is_ahead_of_slacks(ahead: int) -> None:
    """Slack stamps a post with its own time. A clock a minute ahead looked past the post, and posted it again."""
    envelope = replace(ENVELOPE, date=ENVELOPE.date + timedelta(seconds=ahead))
    async with Sandbox(now=now, names=HOSTILE) as box:
        channel = SlackChannel(TOKEN, box.slack_url)
        receipts = await hand_over(channel, "normal", envelope)
        parts = channel.build(rendered(DIGESTS["normal"], files=(CSV,)), envelope)
        assert [await channel.find(part, envelope) for part in parts] == receipts
        await channel.aclose()


async def test_a_file_arrives_byte_for_byte() -> None:
    async with Sandbox(now=now, names=HOSTILE) as box:
        channel = SlackChannel(TOKEN, box.slack_url)
        part = channel.build(rendered(DIGESTS["first"], files=(CSV,)), ENVELOPE)[-1]
        receipts = await hand_over(channel, "first")
        await channel.aclose()
        assert upload_body(channel.seal(part, receipts)) == CSV.body
        assert len(receipts) == part.number + 1


@pytest.mark.parametrize("name", list(DIGESTS))
async def test_a_webhook_takes_every_main_post(name: str) -> None:
    async with Sandbox(now=now, names=HOSTILE) as box:
        channel = SlackWebhookChannel(box.webhook_url)
        assert await hand_over(channel, name) == [Receipt("ok")]
        await channel.aclose()
        assert len(box.room.posts) == 1

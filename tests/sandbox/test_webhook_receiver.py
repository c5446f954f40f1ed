"""The stand-in for a receiver of webhooks, as the channel meets it."""

from dataclasses import replace

import httpx
import pytest

from tests.domain.builders import THIS_WEEK
from tests.golden.digests import FIRST, NORMAL
from tests.support.contents import templates
from worker.channels.webhook.channel import open_webhook
from worker.domain.delivery import DeliveryKey, Envelope, Receipt
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Subscription
from worker.errors import DeliveryRefused, DeliveryUncertain
from worker.ports.channels import RenderRequest
from worker.sandbox.server import Sandbox
from worker.sandbox.webhook_receiver import SECRET

ENVELOPE = Envelope(DeliveryKey(RunKey.parse("weekly@2026-11-16T08:00:00Z"), "hook|webhook"), "webhook", THIS_WEEK)
OTHER = replace(ENVELOPE, key=DeliveryKey(RunKey.parse("weekly@2026-11-23T08:00:00Z"), "hook|webhook"))
ENTRY = Subscription("hook", "hook", None, "pipeline", "en_GB", "Europe/Berlin")


async def sent(box: Sandbox, envelope: Envelope = ENVELOPE, digest: Digest = NORMAL, secret: str = SECRET) -> Receipt:
    channel = open_webhook({"url": f"{box.receiver_url}/team", "secret": secret})
    try:
        [part] = channel.build(channel.content(RenderRequest(digest, ENTRY), templates(None)), envelope)
        return await channel.send(part, channel.seal(part, []), envelope)
    finally:
        await channel.aclose()


async def test_a_message_that_comes_again_under_its_id_is_there_once() -> None:
    async with Sandbox() as box:
        assert [await sent(box), await sent(box), await sent(box, OTHER)] == [Receipt("HTTP 200")] * 3
        ids = [f"msg_{one.key.digest}" for one in (ENVELOPE, OTHER)]
        assert [item.meta for item in box.outbox.of("webhook")] == [{"id": one, "name": "team"} for one in ids]
        assert box.receiver.arrived == {ids[0]: 2, ids[1]: 1}


@pytest.mark.parametrize("fault", ["cut", "status"])
async def test_a_message_whose_answer_was_lost_is_taken_once_when_it_comes_again(fault: str) -> None:
    async with Sandbox() as box:
        box.faults.arm("POST /webhook/*", fault, applied=True)
        with pytest.raises(DeliveryUncertain):
            await sent(box)
        await sent(box)
        assert len(box.outbox.of("webhook")) == 1
        assert box.receiver.arrived.total() == 2


async def test_what_is_not_signed_with_its_secret_is_refused() -> None:
    async with Sandbox() as box:
        with pytest.raises(DeliveryRefused, match="not verified: No matching signature"):
            await sent(box, secret="whsec_" + "c2VjcmV0" * 5)
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.post(f"{box.receiver_url}/team", content=b"{}")).status_code == 401
        assert box.outbox.items == []


async def test_another_body_under_an_id_that_was_taken_is_a_conflict() -> None:
    async with Sandbox() as box:
        await sent(box)
        with pytest.raises(DeliveryRefused, match="the same id with another body"):
            await sent(box, digest=FIRST)

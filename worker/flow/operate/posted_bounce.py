"""A bounce that a mail service posts: one signed report about one message of a channel."""

from collections.abc import Mapping
from typing import Protocol

from worker.flow.deployed import bundle_of
from worker.flow.operate.bounces import BounceResult, BouncesUses, suspend_vouched_for


class PostedUses(BouncesUses, Protocol): ...


async def posted_bounce(uses: PostedUses, channel: str, headers: Mapping[str, str], body: bytes) -> BounceResult | None:
    """Handles the report like one from a mailbox; a repeated report has no further effect. None if the deployed channel
    accepts no reports. Raises SignatureRefused, PostRefused for a report that cannot be used, and RequestError for a
    secret that cannot be used here; then nothing was written.
    """
    deployed = await uses.deployments.deployed()
    bundle = await bundle_of(uses.deployments, deployed.bundle) if deployed else None
    if bundle is None or channel not in bundle.channels:
        return None
    webhook = uses.connectors.bounce_webhook(bundle, channel)
    if webhook is None:
        return None
    return await suspend_vouched_for(uses, channel, webhook.report(headers, body))

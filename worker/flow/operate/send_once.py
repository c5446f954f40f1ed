"""A message outside the ledger: sent once, never repeated automatically, and without effect on any baseline."""

from typing import Any, Protocol

from worker.domain.delivery import DeliveryKey, Envelope, Reader, Receipt
from worker.domain.digest.model import Digest
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Subscription
from worker.errors import RequestError
from worker.flow.run.readers import WEBHOOK
from worker.flow.uses import UsesClock, UsesConnectors, UsesTransmit
from worker.ports import Channel
from worker.ports.channels import RenderRequest

NONCE = "0000test"
"""Of the run's key, from which the identity of such a message is made."""


class SendTestUses(UsesClock, UsesConnectors, UsesTransmit, Protocol): ...


async def send_test(uses: SendTestUses, bundle: Bundle, channel_name: str, address: str | None, sample: Digest) -> str:
    """Sends a sample digest through one channel, to try the channel without an account at any source. `address`: None
    for a channel that has its own. Returns the receiver's words.

    Raises RequestError for a channel that is not defined, and for an address that is missing or that the channel does
    not accept; DeliveryError.
    """
    if channel_name not in bundle.channels:
        known = ", ".join(sorted(bundle.channels)) or "none"
        raise RequestError(f"found the channel {channel_name!r}, expected one of funnelbeat.yaml: {known}")
    if address is None and uses.connectors.needs_address(bundle, channel_name):
        of = f"{channel_name!r} (type {bundle.channels[channel_name].type}), which sends where an address says"
        raise RequestError(
            f"found no address for the channel {of}; write `funnelbeat send-test {channel_name} ADDRESS`"
        )
    to = taken_address(uses, bundle, channel_name, address) if address is not None else None
    defaults = bundle.defaults
    entry = Subscription("test", channel_name, to, "pipeline", defaults.locale, defaults.timezone)
    channel = uses.connectors.channel(bundle, channel_name, to)
    content = channel.content(RenderRequest(sample, entry), uses.connectors.templates(bundle))
    now = await uses.clock.now()
    reader = Reader("send-test", entry.id, to or WEBHOOK)
    envelope = Envelope(DeliveryKey(RunKey("send-test", now, "manual", NONCE), reader.id), reader.address, now)
    return (await send_parts(uses, channel, content, envelope))[0].text


def taken_address(uses: UsesConnectors, bundle: Bundle, channel: str, address: str) -> str:
    """The address as the channel writes it. Raises RequestError, with what the channel expects."""
    to = uses.connectors.address(bundle, channel, address)
    if to is None:
        raise RequestError(f"channel {channel}: {uses.connectors.refusal(bundle, channel, address)}")
    return to


async def send_parts(uses: UsesTransmit, channel: Channel[Any], content: Any, envelope: Envelope) -> list[Receipt]:
    """Every part in order, with the receivers' answers. Raises DeliveryError at the first that is not accepted."""
    receipts: list[Receipt] = []
    for part in channel.build(content, envelope):
        sealed = channel.seal(part, receipts)
        receipts.append(await uses.transmit(channel, part, sealed, envelope))
    return receipts

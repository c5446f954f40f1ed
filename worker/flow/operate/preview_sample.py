"""A sample digest as a reader's channel and template show it, to look at a project before its first run."""

from typing import Protocol

from worker.domain.digest.model import Digest
from worker.domain.schedule import Bundle, Schedule
from worker.flow.operate.preview import Preview, shown_entry
from worker.flow.uses import UsesConnectors
from worker.ports.channels import RenderRequest


class PreviewSampleUses(UsesConnectors, Protocol): ...


def preview_sample(
    uses: PreviewSampleUses, bundle: Bundle, schedule: Schedule, entry_id: str | None, sample: Digest
) -> Preview:
    """Nothing is fetched. Raises RequestError for an unknown entry, or a schedule without entries."""
    entry = shown_entry(uses.connectors, bundle, schedule, entry_id)
    channel = uses.connectors.channel(bundle, entry.channel, entry.address)
    content = channel.content(RenderRequest(sample, entry), uses.connectors.templates(bundle))
    shown = channel.preview(content, entry.address or "")
    return Preview(sample, shown.subject, shown.text, channel.preview_suffix, shown.plain)

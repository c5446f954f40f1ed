"""Suspends an address or a channel, as the refusal of a message does."""

from worker.flow.services import Services


async def suspend(services: Services, subject: str, sentence: str) -> None:
    scripts = services.deliveries._scripts  # type: ignore[attr-defined]  # the adapter behind the port
    await scripts.client.hset(f"{scripts.prefix}:suspended", subject, sentence)

"""Webhooks, signed according to Standard Webhooks."""

from worker.channels.webhook.channel import WEBHOOK as KIND

__all__ = ["KIND"]

"""Webhooks, signed as Standard Webhooks says."""

from worker.channels.webhook.channel import WEBHOOK as KIND

__all__ = ["KIND"]

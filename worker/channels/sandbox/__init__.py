"""The sandbox's mail server and its Slack, under one type."""

from worker.channels.sandbox.channel import SANDBOX as KIND

__all__ = ["KIND"]

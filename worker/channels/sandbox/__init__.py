"""The sandbox's mail server and its Slack, as one type of channel."""

from worker.channels.sandbox.channel import SANDBOX as KIND

__all__ = ["KIND"]

"""Any service that Apprise knows."""

from worker.channels.apprise.channel import APPRISE as KIND

__all__ = ["KIND"]

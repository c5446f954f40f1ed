"""Any service that Apprise supports."""

from worker.channels.apprise.channel import APPRISE as KIND

__all__ = ["KIND"]

"""Email over SMTP."""

from worker.channels.email.channel import EMAIL as KIND

__all__ = ["KIND"]

"""Each message on the worker's standard error."""

from worker.channels.console.channel import CONSOLE as KIND

__all__ = ["KIND"]

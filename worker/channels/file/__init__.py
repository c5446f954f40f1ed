"""Each message as a file in a directory."""

from worker.channels.file.channel import FILE as KIND

__all__ = ["KIND"]

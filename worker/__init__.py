"""Scheduled sales digests and alerts that say what changed since the last one each reader received."""

__version__ = "0.1.0"

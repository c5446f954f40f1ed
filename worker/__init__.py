"""Scheduled sales digests that say what moved since the last one this reader received."""

__version__ = "0.1.0"

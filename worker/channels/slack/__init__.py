"""Slack, by token or incoming webhook."""

from worker.channels.slack.channel import SLACK as KIND

__all__ = ["KIND"]

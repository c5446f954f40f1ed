"""Slack, by token or incoming webhook."""

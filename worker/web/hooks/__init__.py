"""Requests that services post: their events."""

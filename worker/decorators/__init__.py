"""Decorators of ports, which the composition root applies: caches, kept messages, fail points. Flow does not know them.

They import flow, ports and domain, and no adapter, source or channel.
"""

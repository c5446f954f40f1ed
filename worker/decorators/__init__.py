"""What is put around ports in the composition root: caches, kept messages, fail points. Flow knows none of it.

Imports flow, ports and domain. Never imports an adapter, a source or a channel.
"""

"""One library each, behind a port.

Imports ports, domain, errors and its one library. Never imports flow, a source or a channel.
"""

"""The ledger and the snapshots in Redis: scripts in lua/, each one atomic step.

Imports redis, msgspec and zstandard. Never decides: the tables of docs/semantics.md are carried out here, not chosen.
"""

"""The ledger and the snapshots in Redis. Each script in lua/ is one atomic step.

Imports redis, msgspec and zstandard. This package carries out the tables of docs/semantics.md and makes no decisions of
its own.
"""

"""The story of a run: tick, produce, deliver. Reads top to bottom.

Imports domain, ports and errors. Never imports a library, never reads a clock: time comes from the ledger.
"""

"""Windows, snapshots, bridges, runs and deliveries.

The domain imports the standard library and its own siblings. It does no I/O, never awaits, never reads a clock and
never logs: every instant is an argument.
"""

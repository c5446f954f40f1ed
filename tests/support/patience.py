"""How long a test waits for what has to come."""

PATIENCE = 300.0
"""Seconds. A bound for what hangs and no measure: a machine that is busy with ten other things may need a minute for
what takes two seconds alone. Tests that measure time are marked `alone`.
"""

"""What Funnelbeat knows about windows, snapshots, bridges, runs and deliveries.

Imports the standard library and its own siblings. Never does I/O, never awaits, never asks a clock, never logs:
every instant is an argument.
"""

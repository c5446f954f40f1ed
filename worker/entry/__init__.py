"""Processes and commands: cli, clock, tasks, up, demo.

This layer may import every other one. It holds no rules of its own.
"""

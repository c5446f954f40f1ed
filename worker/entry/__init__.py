"""Processes and commands: cli, clock, tasks, up, demo.

Imports anything. Holds no rule of its own.
"""

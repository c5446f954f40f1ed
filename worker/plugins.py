"""Registries: what kinds of connection and channel exist. One line each."""

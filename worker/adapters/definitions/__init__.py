"""Reads a project's YAML files with positions, checks them against the known kinds, and makes a bundle.

Entry points: `load.load`, `schema.schema`, `secrets.resolve`. Imports PyYAML and pydantic. The caller passes the known
sources and channels. This file imports nothing, so that a clock can read the project's name without the checks of
definitions.
"""

"""Reads a project's YAML files with positions, checks them against the known kinds, and makes a bundle.

Entry points: `load`, `schema`, `resolve`. Imports PyYAML and pydantic. The caller passes the known sources and
channels.
"""

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.adapters.definitions.secrets import SecretReference, resolve

__all__ = ["Loaded", "Registry", "SecretReference", "load", "resolve", "schema"]

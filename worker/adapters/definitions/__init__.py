"""A project's YAML files: read with places, checked against the kinds that exist, made into a bundle.

Entry points: `load`, `schema`, `resolve`. Imports PyYAML and pydantic; which sources and channels exist is an argument.
"""

from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.adapters.definitions.secrets import SecretReference, resolve

__all__ = ["Loaded", "Registry", "SecretReference", "load", "resolve", "schema"]

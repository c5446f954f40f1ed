"""A program that imports every module of `worker`, for a Python of its own."""

IMPORT_EVERY_MODULE = """
import importlib, pkgutil, worker
for module in pkgutil.walk_packages(worker.__path__, "worker."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""

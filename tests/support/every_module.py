"""A program that imports every module of `worker`, to be run in a separate Python process."""

IMPORT_EVERY_MODULE = """
import importlib, pkgutil, worker
for module in pkgutil.walk_packages(worker.__path__, "worker."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""

"""Benchmarks against peers. All contenders are measured side by side in one run: see docs/operations/bench.md.

Each module is one benchmark with its sizes and `run`. The product imports nothing from here.
"""

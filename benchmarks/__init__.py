"""Ratios against peers, each measured beside us in one run: see docs/operations/bench.md.

One module per bench, each with its sizes and `run`. Nothing here is imported by the product.
"""

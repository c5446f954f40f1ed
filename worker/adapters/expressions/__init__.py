"""Conditions in CEL, the Common Expression Language (https://cel.dev)."""

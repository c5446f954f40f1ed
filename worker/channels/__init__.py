"""Channels. Each package has one channel: its options, its messages, its receipts and its classes of refusals.

Imports ports, domain, errors and adapters. Never imports a protocol library, Redis, Celery or flow.
"""

"""Sources. Each package has one service: its options, its client, and the conversion of its answers to snapshots.

Imports ports, domain, errors and adapters.http. Never imports httpx, Redis, Celery or flow.
"""

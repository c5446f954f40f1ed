"""Sources. Each package holds one service: its options, its client, and how its answers become snapshots.

Imports ports, domain, errors and adapters.http. Never imports httpx, Redis, Celery or flow.
"""

"""One service each: its options, its client, its answers made into snapshots.

Imports ports, domain, errors and adapters.http. Never imports httpx, Redis, Celery or flow.
"""

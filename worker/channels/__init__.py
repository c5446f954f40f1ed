"""One way to send each: its options, its message, its receipts and how its refusals are classed.

Imports ports, domain, errors and the adapters of its wire. Never imports a wire library, Redis, Celery or flow.
"""

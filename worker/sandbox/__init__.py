"""Stand-ins for Close, Slack and a mail server on loopback, over one simulated sales pipeline.

Imports anything below it. Nothing but entry imports it.
"""

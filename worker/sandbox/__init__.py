"""Stand-ins for Close, Pipedrive, Umami, Slack and a mail server on loopback, over one simulated sales pipeline.

This layer may import everything below it. Only entry imports it.
"""

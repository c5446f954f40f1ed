"""The queue over Celery."""

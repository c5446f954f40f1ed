"""The HTTP API: the application functions of flow, their documents, and nothing of its own."""

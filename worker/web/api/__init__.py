"""The HTTP API: the functions of flow and their documents, without rules of its own."""

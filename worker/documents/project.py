"""A project that was written."""


def project_document(directory: str, following: str) -> dict[str, str]:
    """Its directory, and the command to call next: {"project", "next"}."""
    return {"project": directory, "next": following}

"""A new project."""


def project_document(directory: str, following: str) -> dict[str, str]:
    """Its directory, and the next command to run: {"project", "next"}."""
    return {"project": directory, "next": following}

"""The paths of the templates that Funnelbeat ships."""

from functools import cache

from worker import shipped

PAGES = ("web/", "console/")
"""Pages for readers and pages of the console, which no project replaces."""


@cache
def shipped_paths() -> tuple[str, ...]:
    """The paths below templates/ of the shipped templates for messages, sorted."""
    folder = shipped.folder_of("templates")
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.j2"))
    return tuple(sorted(path for path in found if not path.startswith(PAGES)))

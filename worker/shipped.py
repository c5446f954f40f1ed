"""Files that Funnelbeat ships: templates and example schedules."""

import hashlib
from functools import cache
from pathlib import Path

from worker import __version__


def folder_of(name: str) -> Path:
    """`templates` or `schedules`: inside the package when installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


@cache
def version() -> str:
    """The version, and the beginning of a hash over the shipped templates. A rendered message depends on these besides
    what is stored.
    """
    folder, mark = folder_of("templates"), hashlib.sha256()
    for path in sorted(folder.rglob("*.j2")):
        mark.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return f"{__version__}+{mark.hexdigest()[:8]}"

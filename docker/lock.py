# ruff: noqa: INP001
"""Writes docker/requirements.lock: of requirements.lock, what an installed Funnelbeat needs to run.

Also writes docker/demo.lock: what `make demo` needs besides, which is the bundled Redis and the tool that builds the
project.

Versions and hashes are those of requirements.lock; which of them belong is read from the installed packages.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docker" / "requirements.lock"
IMAGE = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "python_version": "3.11",
}
PYTHONS = ("3.11.0", "3.11.14")
"""The first release and a recent one: redis asks for async-timeout before 3.11.3 alone, and a test installs this lock
with the Python that it finds.
"""
DEMO = ROOT / "docker" / "demo.lock"
HEAD = "# Made by docker/lock.py from requirements.lock: what the image needs, without tests and tools.\n"
DEMO_HEAD = "# Made by docker/lock.py from requirements.lock: what `make demo` needs besides.\n"


def entries(lock: str) -> dict[str, str]:
    """Package → its lines, comments left out."""
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        lines = [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        if lines and "==" in lines[0]:
            found[canonicalize_name(lines[0].split("==")[0].split("[")[0])] = "\n".join(lines)
    return found


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def needed(known: dict[str, str], wanted: Iterable[str]) -> set[str]:
    """Names of everything that `wanted` depends on, by whatever way. `known`: the entries of the lock."""
    waiting = [Requirement(text) for text in wanted]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *sorted(requirement.extras)):
            key = canonicalize_name(requirement.name), extra
            if key not in seen:
                seen.add(key)
                waiting.extend(_requires(known, *key))
    return {name for name, _ in seen}


def _requires(known: dict[str, str], name: str, extra: str) -> Iterator[Requirement]:
    if not _installed(known[name]):
        return
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(
            requirement.marker.evaluate({**IMAGE, "python_full_version": python, "extra": extra}) for python in PYTHONS
        ):
            yield requirement


def _installed(entry: str) -> bool:
    """False where the lock leaves the package out under this Python; what it asks for cannot be read then."""
    marker = Requirement(entry.splitlines()[0].removesuffix("\\")).marker
    return marker is None or marker.evaluate()


def locks() -> dict[Path, str]:
    """File → its text."""
    known, told = entries((ROOT / "requirements.lock").read_text("utf-8")), project()
    runs = needed(known, told["project"]["dependencies"])
    more = (*told["project"]["optional-dependencies"]["embedded"], *told["build-system"]["requires"])
    return {TARGET: _text(HEAD, known, runs), DEMO: _text(DEMO_HEAD, known, needed(known, more) - runs)}


def _text(head: str, known: dict[str, str], names: set[str]) -> str:
    return head + "\n".join(known[name] for name in sorted(names)) + "\n"


if __name__ == "__main__":
    for target, text in locks().items():
        target.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{target.relative_to(ROOT)}: {len(entries(text))} packages\n")

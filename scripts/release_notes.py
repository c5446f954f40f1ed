# ruff: noqa: INP001
"""`make release-notes`: one section of CHANGELOG.md as the notes of a release, sorted by what a reader must know first.

Standard library only, because it may run where nothing is installed.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNRELEASED = "Unreleased"
KINDS = {
    "CHANGE": "Changes that need an action",
    "FEATURE": "New features",
    "ENHANCEMENT": "Improvements",
    "PERFORMANCE": "Performance",
    "BUGFIX": "Fixed",
}
"""Mark of an entry: the heading above its kind, in the order of the notes."""


class ChangelogError(Exception):
    """One sentence about CHANGELOG.md."""


def section(text: str, version: str) -> str:
    """The lines below `## VERSION`, which a date may follow. Raises ChangelogError if there is no such heading."""
    parts = re.split(r"^## (\S+).*$", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    if version not in found:
        raise ChangelogError(f"CHANGELOG.md has no section {version}; it has {', '.join(found) or 'none'}.")
    return found[version].strip()


def entries(body: str) -> dict[str, list[str]]:
    """Mark → entries in one line each. Raises ChangelogError for an entry without one of the known marks."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for entry in re.split(r"^- ", body, flags=re.MULTILINE)[1:]:
        line = " ".join(entry.split())
        mark = re.match(r"\[([A-Z]+)\] ", line)
        if mark is None or mark[1] not in KINDS:
            raise ChangelogError(f"CHANGELOG.md has an entry without a mark of {', '.join(KINDS)}: {line[:60]}…")
        found[mark[1]].append(line.removeprefix(mark[0]))
    return found


def notes(text: str, version: str) -> str:
    """Markdown. `text`: that of CHANGELOG.md. Raises ChangelogError."""
    found = entries(section(text, version))
    parts = [f"# Funnelbeat {version}" if version != UNRELEASED else "# Funnelbeat, unreleased"]
    for kind, heading in KINDS.items():
        if found[kind]:
            parts.append(f"## {heading}\n\n" + "\n".join(f"- {line}" for line in found[kind]))
    return "\n\n".join(parts) + "\n"


def main(version: str) -> int:
    try:
        sys.stdout.write(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version))
    except ChangelogError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else UNRELEASED))

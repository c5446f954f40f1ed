# ruff: noqa: INP001
"""`make reference`: docs/gallery.md from the project in docs/gallery. Standard library only.

Each schedule begins with its title and a paragraph as comments. A test loads the project, and fails for a stale page.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "docs" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
ORDER = (
    "pipeline-per-owner",
    "manager-roll-up",
    "large-deals",
    "stalled-list",
    "newly-stalled",
    "lost-deals",
    "forecast",
    "conversions",
    "website-funnel",
    "revenue",
    "month-end",
    "last-working-day",
    "working-days",
    "on-event",
    "for-programs",
    "teams",
)
HEAD = """# Gallery of schedules

<!-- Made by `make reference` from docs/gallery; edit the files there. -->

Copy a file into `schedules/` of your project, and replace ids and addresses. `funnelbeat source close pipelines`, for
example, lists ids of your account. The schedules belong to one project, and use its connections and channels.
[Definitions](definitions.md) explains the keys.
"""


def parts(text: str) -> tuple[str, str, str]:
    """Title, paragraph and YAML of one schedule. Raises ValueError if the comments at its head are not these two."""
    lines = text.splitlines()
    length = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    title, blank, *paragraph = (line.removeprefix("#").strip() for line in lines[:length])
    if blank or not paragraph:
        raise ValueError(f"expected a title, an empty comment and a paragraph, found {lines[:length]}")
    return title, " ".join(paragraph), "\n".join(lines[length:])


def page() -> str:
    return "\n".join(_sections()) + "\n"


def _sections() -> Iterator[str]:
    read = {name: parts((PROJECT / "schedules" / f"{name}.yaml").read_text("utf-8")) for name in ORDER}
    yield HEAD
    for name, (title, _, _) in read.items():
        yield f"- [{title}](#{_anchor(title)}): `{name}.yaml`"
    _, _, project = (PROJECT / "funnelbeat.yaml").read_text("utf-8").partition("\n")
    yield f"\n## The project\n\n```yaml\n# funnelbeat.yaml\n{project}```"
    for name, (title, paragraph, body) in read.items():
        yield f"\n## {title}\n\n{paragraph}\n\n```yaml\n# schedules/{name}.yaml\n{body}\n```"


def _anchor(title: str) -> str:
    return "".join(letter for letter in title.lower().replace(" ", "-") if letter.isalnum() or letter == "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""An installed package as an installer leaves it: modules and their metadata with entry points."""

from collections.abc import Mapping
from pathlib import Path


def install(place: Path, name: str, group: str, point: str, modules: Mapping[str, str]) -> None:
    """`place` is on sys.path. `point` is one line of entry_points.txt."""
    about = place / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(f"[{group}]\n{point}\n", "utf-8")
    for path, text in modules.items():
        (place / path).write_text(text, "utf-8")

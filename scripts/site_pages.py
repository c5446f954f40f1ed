# ruff: noqa: INP001
"""A hook of mkdocs: the project's own pages (changelog, contributing, security) stand beside those of docs/, and the
navigation lists every decision.

The files stay where people look for them, at the top of the project. Links in both directions are written as they work
in the project's tree. Here they become those of the site.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)(?P<path>[^)#\s]+)")


def on_config(config: Any) -> Any:
    """A pattern in the navigation becomes the files that fit it, in their order."""
    docs = Path(config["docs_dir"])
    for entry in config["nav"]:
        for heading, target in entry.items() if isinstance(entry, dict) else ():
            if isinstance(target, str) and "*" in target:
                entry[heading] = sorted(path.relative_to(docs).as_posix() for path in docs.glob(target))
    return config


def on_files(files: Files, config: Any) -> Files:
    top = Path(config["config_file_path"]).parent
    for name in PAGES:
        files.append(File.generated(config, name, abs_src_path=str(top / name)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    own = page.file.src_uri
    start = "" if own in PAGES else posixpath.join("docs", posixpath.dirname(own))
    here = "." if own in PAGES else posixpath.dirname(own) or "."

    def turned(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(start, found["path"]))
        if target in PAGES:
            return posixpath.relpath(target, here)
        return posixpath.relpath(target, "docs") if own in PAGES else found["path"]

    return _LINK.sub(turned, markdown)

"""A project's templates and languages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.documents.definitions import complaint_document
from worker.errors import Complaint


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """`forms`: the forms of messages that channels render from it, none for one that others include. `extends`: the
    path of the extended template, or None. `blocks`: the blocks that a template which extends it may replace.
    """

    path: str
    forms: tuple[str, ...]
    shipped: bool
    own: bool
    extends: str | None = None
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """`lacks`: keys that fall back to English."""

    language: str
    shipped: bool
    own: bool
    lacks: tuple[str, ...] = ()


def templates_document(templates: Iterable[TemplateRow], languages: Iterable[LanguageRow]) -> dict[str, Any]:
    """The answer of `templates list`: {"templates": [row, …], "languages": [row, …]}.

    A template: {"path", "forms", "shipped", "own", "extends", "blocks"}. A language: {"language", "shipped", "own",
    "lacks"}. `own`: the project has a file for it.
    """
    return {
        "templates": [
            {
                "path": one.path,
                "forms": list(one.forms),
                "shipped": one.shipped,
                "own": one.own,
                "extends": one.extends,
                "blocks": list(one.blocks),
            }
            for one in templates
        ],
        "languages": languages_document(languages),
    }


def languages_document(languages: Iterable[LanguageRow]) -> list[dict[str, Any]]:
    """One {"language", "shipped", "own", "lacks"} each."""
    return [
        {"language": one.language, "shipped": one.shipped, "own": one.own, "lacks": list(one.lacks)}
        for one in languages
    ]


def template_text_document(path: str, text: str, *, own: bool) -> dict[str, Any]:
    """The answer of `templates show`: {"path", "own", "text"}."""
    return {"path": path, "own": own, "text": text}


def written_document(paths: Sequence[str]) -> dict[str, Any]:
    """The answer of `templates init`: {"written": [path, …]}, relative to the project."""
    return {"written": list(paths)}


def template_check_document(
    complaints: Mapping[Complaint, Sequence[str]], warnings: Iterable[Complaint], languages: Iterable[LanguageRow]
) -> dict[str, Any]:
    """The answer of `templates check`: {"complaints": [{…, "samples": [name, …]}, …], "warnings": [complaint, …],
    "languages": [row, …]}. `samples`: all digests and notices that show the fault.
    """
    return {
        "complaints": [{**complaint_document(one), "samples": list(names)} for one, names in complaints.items()],
        "warnings": [complaint_document(one) for one in warnings],
        "languages": languages_document(languages),
    }

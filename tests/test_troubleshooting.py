"""docs/troubleshooting.md: each sentence is one that the code can say."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CELLS = re.findall(r"^\| (`.+?`) \|", (ROOT / "docs" / "troubleshooting.md").read_text("utf-8"), re.MULTILINE)
ROWS = [sentence for cell in CELLS for sentence in re.findall(r"`(.+?)`", cell)]
SHORT = 4
"""Characters between two places of a sentence that are too few to find."""


def texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def said() -> tuple[str, ...]:
    """Every text of the code; where a value is put in, "…" stands. The stand-ins of the sandbox do not count."""
    files = (path for path in (ROOT / "worker").rglob("*.py") if "sandbox" not in path.parts)
    return tuple(text for path in files for text in texts(path))


def pieces(sentence: str) -> list[str]:
    return [piece.strip() for piece in sentence.split("…") if len(piece.strip()) >= SHORT]


def test_the_page_has_sentences() -> None:
    assert len(ROWS) > 30
    assert len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize("sentence", ROWS)
def test_the_code_can_say_each_sentence(sentence: str) -> None:
    wanted = pieces(sentence)
    assert wanted
    assert any(all(piece in text for piece in wanted) for text in said())

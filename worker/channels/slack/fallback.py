"""Plainer forms of a post, for a workspace that refuses its blocks.

Slack introduced charts one workspace at a time, and one refused block fails the whole post. Then the charts are left
out, then tables become preformatted text, then only the text remains.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from worker.channels.slack.errors import REDUCIBLE
from worker.domain.delivery import Receipt
from worker.errors import DeliveryRefused

CHARTS = frozenset({"data_visualization"})
TABLES = frozenset({"table", "data_table"})
PREFORMATTED = 3000
"""Characters of a table printed as text. A longer one is cut after a whole row, because a section has a limit."""


def dump(body: Mapping[str, Any]) -> bytes:
    """A post as compact UTF-8 in the given order, so that equal posts are equal bytes. A lone surrogate, which a
    template can write and UTF-8 cannot encode, becomes a question mark.
    """
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


async def post_or_reduce(post: Callable[[bytes, str], Awaitable[Receipt]], sealed: bytes) -> Receipt:
    """`post` sends one body; its second argument is the end of the receipt.

    A plainer form follows only a refusal of the blocks, after which the channel holds nothing. Raises what `post`
    raises, and the first refusal if no form passes.
    """
    try:
        return await post(sealed, "")
    except DeliveryRefused as first:
        if first.code not in REDUCIBLE:
            raise
        refused = first
    for number, form in reduced(sealed):
        try:
            return await post(form, f" reduced:{number}")
        except DeliveryRefused as again:
            if again.code not in REDUCIBLE:
                raise
    raise refused


def reduced(sealed: bytes) -> Iterator[tuple[int, bytes]]:
    """Every plainer form of a post that differs from the earlier ones, with its number: 1 without charts, 2 with tables
    as text, 3 with text only.
    """
    body: dict[str, Any] = json.loads(sealed)
    blocks: list[dict[str, Any]] = body.get("blocks") or []
    bare = [block for block in blocks if block.get("type") not in CHARTS]
    if bare and bare != blocks:
        yield 1, dump(body | {"blocks": bare})
    plain = [_as_text(block) if block.get("type") in TABLES else block for block in bare]
    if plain and plain != bare:
        yield 2, dump(body | {"blocks": plain})
    if blocks:
        yield 3, dump({key: value for key, value in body.items() if key != "blocks"})


def _as_text(block: Mapping[str, Any]) -> dict[str, Any]:
    element = {"type": "text", "text": _aligned([[_words(cell) for cell in row] for row in block.get("rows", ())])}
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [element]}]}


def _aligned(rows: list[list[str]]) -> str:
    """Pads columns to their widest cell. The first is aligned left, the others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    text = ""
    for row in rows:
        first, *rest = (
            cell.rjust(w) if at else cell.ljust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        line = "  ".join([first, *rest]).rstrip() + "\n"
        if len(text) + len(line) > PREFORMATTED:
            return text + "…"
        text += line
    return text.rstrip("\n") or "–"


def _words(node: Any) -> str:
    """The text of a cell on one line, without styles."""
    if isinstance(node, Mapping):
        inner = "".join(_words(element) for element in node.get("elements", ()))
        return (str(node.get("text", "")) + inner).replace("\n", ", ")
    return ""

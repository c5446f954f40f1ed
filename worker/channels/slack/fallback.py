"""Plainer forms of one post, for a workspace that refuses its blocks.

Charts came to workspaces in phases and a refused block fails the whole post, so that the message goes out again with
less: the chart first, then the table as preformatted text, then nothing but the text.
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
"""Characters of a table printed as text: a block of text longer than a section may be is cut after a whole row."""


def dump(body: Mapping[str, Any]) -> bytes:
    """The bytes of a post: compact, UTF-8, in the order given, so that equal posts are equal bytes. Half a surrogate
    pair, which a template can write and UTF-8 cannot, becomes a question mark.
    """
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


async def post_or_reduce(post: Callable[[bytes, str], Awaitable[Receipt]], sealed: bytes) -> Receipt:
    """`post` hands one body over; its second argument ends the receipt. A plainer form follows only a refusal of the
    blocks themselves, which left nothing in the channel. Raises what `post` raises; the first refusal when no form
    passes.
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
    """Every plainer form of a post that differs from those before it, and its number: 1 without charts, 2 tables as
    text, 3 text alone.
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
    """Columns padded to their widest cell; the first starts at the left, the others end at the right."""
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
    """What a cell says, without its styles, on one line."""
    if isinstance(node, Mapping):
        inner = "".join(_words(element) for element in node.get("elements", ()))
        return (str(node.get("text", "")) + inner).replace("\n", ", ")
    return ""

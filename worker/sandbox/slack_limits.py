"""What Slack refuses in a message's content, as far as it is documented or was observed.

https://docs.slack.dev/reference/block-kit/blocks ; the limit on all blocks together was reported in bolt-js#2509.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

BLOCKS = 50
ALL_BLOCKS = 13_200  # characters of JSON
TEXT = 40_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000

Block = Mapping[str, Any]


def refusal(message: Mapping[str, Any]) -> tuple[str, str] | None:
    """(error, detail) of the first thing that Slack would refuse, or None."""
    text, blocks = message.get("text"), message.get("blocks")
    if not text and not blocks:
        return "no_text", "neither text nor blocks"
    if text is not None and (not isinstance(text, str) or len(text) > TEXT):
        return "msg_too_long", f"text is longer than {TEXT} characters"
    return None if blocks is None else _blocks_refusal(blocks)


def _blocks_refusal(blocks: Any) -> tuple[str, str] | None:
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        return "invalid_blocks_format", "blocks must be an array of objects"
    if sum(block.get("type") in {"table", "data_table"} for block in blocks) > 1:
        return "invalid_attachments", "only_one_table_allowed"
    problem = next(_problems(blocks), None)
    if problem is not None:
        return "invalid_blocks", problem
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > ALL_BLOCKS:
        return "msg_blocks_too_long", "all blocks together are too long"
    return None


def _problems(blocks: list[Block]) -> Iterator[str]:
    if len(blocks) > BLOCKS:
        yield f"no more than {BLOCKS} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(map(str, ids))) < len(ids) or any(not isinstance(i, str) or len(i) > 255 for i in ids):
        yield "block_id must be unique and at most 255 characters"
    for number, block in enumerate(blocks):
        check = CHECKS.get(str(block.get("type")))
        problems = ("unsupported type",) if check is None else check(block)
        yield from (f"{problem} [json-pointer:/blocks/{number}]" for problem in problems)


def _text(given: Any, limit: int, *, plain: bool = False) -> Iterator[str]:
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(given, Mapping) or given.get("type") not in kinds:
        yield f"text must be {' or '.join(sorted(kinds))}"
    elif not isinstance(given.get("text"), str) or not 1 <= len(given["text"]) <= limit:
        yield f"must be between 1 and {limit} characters"


def _header(block: Block) -> Iterator[str]:
    yield from _text(block.get("text"), 150, plain=True)


def _section(block: Block) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield "text or fields required"
    if "text" in block:
        yield from _text(block["text"], 3_000)
    if not isinstance(fields, list) or len(fields) > 10:
        yield "no more than 10 fields"
        return
    for field in fields:
        yield from _text(field, 2_000)


def _actions(block: Block) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield "must provide 1 to 25 elements"
        return
    ids = [button.get("action_id") for button in elements if isinstance(button, Mapping)]
    if len(ids) < len(elements) or len(set(ids)) < len(ids):
        yield "action_id must be unique"
        return
    for button in elements:
        yield from _text(button.get("text"), 75, plain=True)
        for name, limit in (("action_id", 255), ("value", 2_000), ("url", 3_000), ("accessibility_label", 75)):
            if name in button and (not isinstance(button[name], str) or not 1 <= len(button[name]) <= limit):
                yield f"{name} must be between 1 and {limit} characters"


def _context(block: Block) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield "between 1 and 10 elements"
        return
    for element in elements:
        if not isinstance(element, Mapping) or element.get("type") != "image":
            yield from _text(element, 3_000)


def _image(block: Block) -> Iterator[str]:
    if not isinstance(block.get("alt_text"), str) or len(block["alt_text"]) > 2_000:
        yield "alt_text of at most 2000 characters required"
    if not isinstance(block.get("image_url", ""), str) or len(block.get("image_url", "")) > 3_000:
        yield "image_url is longer than 3000 characters"


def _table(block: Block) -> Iterator[str]:
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= TABLE_ROWS:
        yield f"between 1 and {TABLE_ROWS} rows"
        return
    if not all(isinstance(row, list) for row in rows) or len({len(row) for row in rows}) > 1:
        yield "rows must be of equal length"
        return
    if not 1 <= len(rows[0]) <= TABLE_COLUMNS or len(block.get("column_settings", [])) > TABLE_COLUMNS:
        yield f"between 1 and {TABLE_COLUMNS} columns"
    cells = [cell for row in rows for cell in row]
    if any(isinstance(c, Mapping) and c.get("type") == "raw_text" and not c.get("text") for c in cells):
        yield "must be more than 0 characters"
    if any(not isinstance(c, Mapping) or c.get("type") not in {"raw_text", "raw_number", "rich_text"} for c in cells):
        yield "unsupported cell"
    elif sum(len(str(c.get("text", ""))) for c in cells) > TABLE_CHARACTERS:
        yield f"more than {TABLE_CHARACTERS} characters"


def _chart(block: Block) -> Iterator[str]:
    if len(str(block.get("title", ""))) > 50 or not isinstance(block.get("chart"), Mapping):
        yield "title of at most 50 characters and a chart required"


def _markdown(block: Block) -> Iterator[str]:
    if not isinstance(block.get("text"), str) or not 1 <= len(block["text"]) <= 12_000:
        yield "between 1 and 12000 characters"


def _anything(_block: Block) -> Iterator[str]:
    yield from ()


CHECKS: dict[str, Callable[[Block], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "table": _table,
    "data_table": _anything,
    "data_visualization": _chart,
    "markdown": _markdown,
    "divider": _anything,
    "rich_text": _anything,
}

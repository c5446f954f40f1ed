"""Checks Slack's limits on a post offline, so that a post past them fails here with the place named.

Lengths are Unicode code points. The limits are the strictest that https://docs.slack.dev/reference/block-kit/blocks and
its users report. Slack refused legal blocks with 13,172 serialised characters in all (bolt-js issue 2509).
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from worker.channels.slack.content import TEMPLATE, SlackContent
from worker.errors import RenderError

BLOCKS = 50
SERIALISED = 13_000
TEXT = 4_000
HEADER = 150
SECTION = 3_000
FIELDS, FIELD = 10, 2_000
ELEMENTS = 10
BUTTONS, BUTTON_TEXT, BUTTON_VALUE, BUTTON_NAME = 25, 75, 2_000, 255
BLOCK_ID = 255
TABLE_ROWS, TABLE_COLUMNS, TABLE_TEXT = 100, 20, 10_000
CHARTS, SERIES, CATEGORIES = 2, 6, 20
CHART_TITLE, CHART_NAME, CHART_AXIS = 50, 20, 50
IMAGE_ALT = 2_000
URL = 3_000

Node = Mapping[str, Any]
Complaints = Iterator[str]


def check(post: Node) -> tuple[str, ...]:
    """Every limit that a post breaks, as "place: what was found, what is allowed". Empty for a good post."""
    return tuple(_post(post))


def checked(content: SlackContent) -> tuple[Node, ...]:
    """The posts, if all are within the limits. Raises RenderError with the limits that the first bad post breaks."""
    if not content.posts:
        raise RenderError(TEMPLATE, 0, "made no post; expected a main post at least")
    for number, post in enumerate(content.posts, start=1):
        complaints = check(post)
        if complaints:
            raise RenderError(TEMPLATE, 0, f"post {number}: {'; '.join(complaints[:5])}")
    return content.posts


def _post(post: Node) -> Complaints:
    for key in sorted(set(post) - {"text", "blocks"}):
        yield f"{key}: a post has text and blocks only"
    yield from _length("text", post.get("text"), TEXT)
    blocks = post.get("blocks", [])
    if not isinstance(blocks, list) or not all(isinstance(block, Mapping) for block in blocks):
        yield "blocks: expected a list of blocks"
        return
    if len(blocks) > BLOCKS:
        yield f"blocks: {len(blocks)} blocks, at most {BLOCKS}"
    size = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    if size > SERIALISED:
        yield f"blocks: {size} characters in all, at most {SERIALISED}"
    yield from _together(blocks)
    for number, block in enumerate(blocks, start=1):
        yield from _block(f"block {number}", block)


def _together(blocks: list[Node]) -> Complaints:
    """Limits on all blocks of one message."""
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    for twice in sorted({str(name) for name in ids if ids.count(name) > 1}):
        yield f"block_id {twice!r}: used twice"
    kinds = [block.get("type") for block in blocks]
    if kinds.count("table") + kinds.count("data_table") > 1:
        yield "blocks: one table in a message, found more"
    if kinds.count("data_visualization") > CHARTS:
        yield f"blocks: at most {CHARTS} charts in a message"


def _block(place: str, block: Node) -> Complaints:
    kind = block.get("type")
    if not isinstance(kind, str) or not kind:
        yield f"{place}: has no type"
        return
    place = f"{place} ({kind})"
    if "block_id" in block:
        yield from _length(f"{place}: block_id", block["block_id"], BLOCK_ID)
    rule = _RULES.get(kind)
    if rule is not None:  # our templates never use such a block; its author must get it right
        yield from rule(place, block)


def _header(place: str, block: Node) -> Complaints:
    yield from _text_object(f"{place}: text", block.get("text"), HEADER)


def _section(place: str, block: Node) -> Complaints:
    fields = _list(block.get("fields"))
    if "text" in block or not fields:
        yield from _text_object(f"{place}: text", block.get("text"), SECTION)
    if len(fields) > FIELDS:
        yield f"{place}: {len(fields)} fields, at most {FIELDS}"
    for number, field in enumerate(fields, start=1):
        yield from _text_object(f"{place}: field {number}", field, FIELD)


def _context(place: str, block: Node) -> Complaints:
    elements = _list(block.get("elements"))
    if not 1 <= len(elements) <= ELEMENTS:
        yield f"{place}: {len(elements)} elements, 1 to {ELEMENTS}"
    for number, element in enumerate(elements, start=1):
        if isinstance(element, Mapping) and element.get("type") == "image":
            yield from _image(f"{place}: element {number}", element)
        else:
            yield from _text_object(f"{place}: element {number}", element, SECTION)


def _actions(place: str, block: Node) -> Complaints:
    elements = _list(block.get("elements"))
    if not 1 <= len(elements) <= BUTTONS:
        yield f"{place}: {len(elements)} elements, 1 to {BUTTONS}"
    names = [_node(one).get("action_id") for one in elements]
    if len(set(map(str, names))) != len(names):
        yield f"{place}: an action_id stands twice"
    for number, button in enumerate(map(_node, elements), start=1):
        at = f"{place}: button {number}"
        if button.get("type") != "button":  # other elements are their author's
            continue
        yield from _text_object(f"{at}: text", button.get("text"), BUTTON_TEXT)
        for name, most in (("action_id", BUTTON_NAME), ("value", BUTTON_VALUE), ("url", URL)):
            if name in button:
                yield from _length(f"{at}: {name}", button[name], most)
        if "accessibility_label" in button:
            yield from _length(f"{at}: accessibility_label", button["accessibility_label"], BUTTON_TEXT)


def _rich_text(place: str, block: Node) -> Complaints:
    elements = _list(block.get("elements"))
    if not elements:
        yield f"{place}: has no elements"
        return
    for number, element in enumerate(elements, start=1):
        yield from _rich_element(f"{place}.{number}", element)


def _rich_element(place: str, element: Any) -> Complaints:
    """A section, a list or a piece of text. Sections may have no elements; text may not be empty."""
    if not isinstance(element, Mapping):
        yield f"{place}: expected an object"
        return
    if element.get("type") == "text":
        yield from _length(place, element.get("text"), SECTION)
    if element.get("type") == "link":
        yield from _length(f"{place}: url", element.get("url"), URL)
        if "text" in element:
            yield from _length(place, element["text"], SECTION)
    for number, inner in enumerate(_list(element.get("elements")), start=1):
        yield from _rich_element(f"{place}.{number}", inner)


def _table(place: str, block: Node) -> Complaints:
    rows = block.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows) or not rows:
        yield f"{place}: rows: expected a list of rows"
        return
    if len(rows) > TABLE_ROWS:
        yield f"{place}: {len(rows)} rows, at most {TABLE_ROWS} with the head"
    if len(_list(block.get("column_settings"))) > TABLE_COLUMNS:
        yield f"{place}: more than {TABLE_COLUMNS} column_settings"
    width, total = len(rows[0]), 0
    for number, row in enumerate(rows, start=1):
        if len(row) != width or not 1 <= width <= TABLE_COLUMNS:
            yield f"{place}: row {number}: {len(row)} cells, the head has {width} and {TABLE_COLUMNS} are allowed"
        for column, cell in enumerate(row, start=1):
            yield from _cell(f"{place}: row {number}, cell {column}", cell)
            total += _characters(cell)
    if total > TABLE_TEXT:
        yield f"{place}: {total} characters in its cells, at most {TABLE_TEXT}"


def _cell(place: str, cell: Any) -> Complaints:
    if not isinstance(cell, Mapping) or cell.get("type") not in {"raw_text", "raw_number", "rich_text"}:
        yield f"{place}: expected raw_text, raw_number or rich_text"
    elif cell["type"] == "rich_text":
        yield from _rich_text(place, cell)
    elif cell["type"] == "raw_text":
        yield from _length(place, cell.get("text"), TABLE_TEXT)


def _characters(node: Any) -> int:
    """The number of characters that a cell shows."""
    if not isinstance(node, Mapping):
        return 0
    return len(str(node.get("text", ""))) + sum(_characters(inner) for inner in _list(node.get("elements")))


def _chart(place: str, block: Node) -> Complaints:
    yield from _length(f"{place}: title", block.get("title"), CHART_TITLE)
    chart = block.get("chart")
    if not isinstance(chart, Mapping):
        yield f"{place}: has no chart"
        return
    axis = _node(chart.get("axis_config"))
    for name in ("x_label", "y_label"):
        if name in axis:
            yield from _length(f"{place}: {name}", axis[name], CHART_AXIS)
    categories, series = _list(axis.get("categories")), _list(chart.get("series"))
    if not 1 <= len(categories) <= CATEGORIES or len({str(one) for one in categories}) != len(categories):
        yield f"{place}: {len(categories)} categories, 1 to {CATEGORIES} that differ"
    if not 1 <= len(series) <= SERIES:
        yield f"{place}: {len(series)} series, 1 to {SERIES}"
    for category in categories:
        yield from _length(f"{place}: category", category, CHART_NAME)
    for one in series:
        yield from _series(place, _node(one), categories)


def _series(place: str, series: Node, categories: list[str]) -> Complaints:
    yield from _length(f"{place}: series", series.get("name"), CHART_NAME)
    points = [_node(point) for point in _list(series.get("data"))]
    if [point.get("label") for point in points] != categories:
        yield f"{place}: series {series.get('name')!r}: one value for every category, in their order"
    for point in points:
        value = point.get("value")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield f"{place}: series {series.get('name')!r}: {value!r} is no number"


def _list(found: Any) -> list[Any]:
    """An empty list for anything else, so that a template's mistake is reported as a problem and does not crash."""
    return found if isinstance(found, list) else []


def _node(found: Any) -> Node:
    return found if isinstance(found, Mapping) else {}


def _image(place: str, block: Node) -> Complaints:
    yield from _length(f"{place}: alt_text", block.get("alt_text"), IMAGE_ALT)


def _text_object(place: str, found: Any, most: int) -> Complaints:
    if not isinstance(found, Mapping) or found.get("type") not in {"plain_text", "mrkdwn"}:
        yield f"{place}: expected plain_text or mrkdwn"
        return
    yield from _length(place, found.get("text"), most)


def _length(place: str, found: Any, most: int) -> Complaints:
    if not isinstance(found, str):
        yield f"{place}: expected text"
    elif not 1 <= len(found) <= most:
        yield f"{place}: {len(found)} characters, 1 to {most}"


_RULES: dict[str, Callable[[str, Node], Complaints]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich_text,
    "table": _table,
    "data_visualization": _chart,
    "image": _image,
}

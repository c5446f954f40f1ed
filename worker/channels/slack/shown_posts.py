"""Posts as HTML for a browser, similar to their appearance in Slack's app.

Blocks: https://docs.slack.dev/reference/block-kit/blocks. For an unknown block, its type is shown.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import unescape
from typing import Any

from markupsafe import Markup, escape

STYLE = Markup(
    "body{margin:0;padding:16px 20px;background:#fff;color:#1d1c1d;font:15px/22px -apple-system,'Segoe UI',Roboto,Ari"
    "al,sans-serif;overflow-wrap:anywhere}h1{font-size:18px;line-height:24px;margin:0 0 4px}p,ul{margin:0 0 8px}ul{pa"
    "dding-left:22px}.c{color:#616061;font-size:13px;line-height:18px}a{color:#1264a3;text-decoration:none}table{disp"
    "lay:block;overflow-x:auto;border-collapse:collapse;margin:4px 0 12px}td,th{border:1px solid #dddddd;padding:6px "
    "10px;text-align:left;vertical-align:top;overflow-wrap:break-word}.r{text-align:right;white-space:nowrap}section+"
    "section{border-top:1px solid #dddddd;margin-top:12px;padding-top:12px}.b{display:inline-block;border:1px solid #"
    "8d8d8d;padding:4px 12px;margin:0 8px 8px 0;font-weight:700}pre{background:#f8f8f8;border:1px solid #dddddd;paddi"
    "ng:8px;white-space:pre-wrap}hr{border:0;border-top:1px solid #dddddd}@media (prefers-color-scheme:dark){body{bac"
    "kground:#1a1d21;color:#d1d2d3}.c{color:#ababad}a{color:#1d9bd1}td,th,section+section,pre,hr{border-color:#565856"
    "}pre{background:#222529}}"
)

_LINK = re.compile(r"<(https://[^<>|\s]+)\|([^<>|]+)>")
"""The only mrkdwn that our posts use."""

_ESCAPED = frozenset({"plain_text", "mrkdwn"})
"""Text in which Slack requires three characters to be escaped."""

Block = Mapping[str, Any]


def shown_posts(posts: Iterable[Block]) -> str:
    """HTML of the main post and its thread. Every text is escaped."""
    sections = Markup("").join(Markup("<section>{}</section>").format(_post(post)) for post in posts)
    head = '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return f"{head}<style>{STYLE}</style></head><body>{sections}</body></html>"


def _post(post: Block) -> Markup:
    blocks = post.get("blocks")
    return _all(blocks, _block) if blocks else Markup("<p>{}</p>").format(str(post.get("text", "")))


def _all(found: object, make: Callable[[Block], Markup]) -> Markup:
    listed = found if isinstance(found, list) else []
    return Markup("").join(make(one) for one in listed if isinstance(one, Mapping))


def _block(block: Block) -> Markup:
    kind = str(block.get("type"))
    make = _BLOCKS.get(kind)
    return make(block) if make is not None else Markup('<p class="c">{}</p>').format(kind)


def _header(block: Block) -> Markup:
    return Markup("<h1>{}</h1>").format(_text(block.get("text")))


def _context(block: Block) -> Markup:
    return Markup('<p class="c">{}</p>').format(_all(block.get("elements"), lambda one: _inline(one) + " "))


def _section(block: Block) -> Markup:
    fields = [block.get("text"), *(block.get("fields") or [])]
    return Markup("").join(Markup("<p>{}</p>").format(_text(one)) for one in fields if one)


def _actions(block: Block) -> Markup:
    return Markup("<p>{}</p>").format(_all(block.get("elements"), _button))


def _button(one: Block) -> Markup:
    return Markup('<span class="b">{}</span>').format(_text(one.get("text")))


def _rich(block: Block) -> Markup:
    return _all(block.get("elements"), _part)


def _part(part: Block) -> Markup:
    inside = part.get("elements")
    if part.get("type") == "rich_text_list":
        return Markup("<ul>{}</ul>").format(_all(inside, _bullet))
    frame = "<pre>{}</pre>" if part.get("type") == "rich_text_preformatted" else "<p>{}</p>"
    return Markup(frame).format(_all(inside, _inline))  # noqa: S704  # one of two frames of ours


def _bullet(part: Block) -> Markup:
    return Markup("<li>{}</li>").format(_all(part.get("elements"), _inline))


def _inline(one: Block) -> Markup:
    linked = _LINK.fullmatch(str(one.get("text", ""))) if one.get("type") == "mrkdwn" else None
    if linked is not None:
        return Markup('<a href="{}">{}</a>').format(*(unescape(part) for part in linked.groups()))
    said = str(one.get("text", one.get("url", "")))
    text = _lines(unescape(said) if one.get("type") in _ESCAPED else said)
    url = str(one.get("url", ""))
    if url.startswith(("https://", "http://")):
        text = Markup('<a href="{}">{}</a>').format(url, text)
    style = one.get("style")
    return Markup("<b>{}</b>").format(text) if isinstance(style, Mapping) and style.get("bold") else text


def _table(block: Block) -> Markup:
    settings = block.get("column_settings") or []
    rows = [row for row in block.get("rows") or [] if isinstance(row, list)]
    return Markup("<table>{}</table>").format(Markup("").join(_row(row, settings) for row in rows))


def _row(row: Sequence[Any], settings: Sequence[Any]) -> Markup:
    right = [bool(one) and one.get("align") == "right" for one in settings]
    cells = (_cell(cell, right=place < len(right) and right[place]) for place, cell in enumerate(row))
    return Markup("<tr>{}</tr>").format(Markup("").join(cells))


def _cell(cell: Block, *, right: bool) -> Markup:
    text = _rich_line(cell) if cell.get("type") == "rich_text" else escape(str(cell.get("text", "")))
    return Markup('<td class="{}">{}</td>').format("r" if right else "", text)


def _rich_line(cell: Block) -> Markup:
    return _all(cell.get("elements"), lambda part: _all(part.get("elements"), _inline))


def _chart(block: Block) -> Markup:
    """Its numbers, which Slack draws as a chart."""
    chart = block.get("chart") or {}
    series = [one for one in chart.get("series") or [] if isinstance(one, Mapping)]
    labels = [str(point.get("label", "")) for point in (series[0].get("data") or [])] if series else []
    heads = [{"text": block.get("title", "")}, *({"text": one.get("name", "")} for one in series)]
    rows = [
        [{"text": label}, *({"text": point} for point in _values(series, place))] for place, label in enumerate(labels)
    ]
    sides = [{"align": "left"}, *({"align": "right"} for _ in series)]
    return _table({"rows": [heads, *rows], "column_settings": sides})


def _values(series: Sequence[Block], place: int) -> list[object]:
    return [data[place].get("value", "") if place < len(data := one.get("data") or []) else "" for one in series]


def _text(found: object) -> Markup:
    """A text object, in which Slack requires three characters to be escaped."""
    return _lines(unescape(str(found.get("text", "")))) if isinstance(found, Mapping) else Markup("")


def _lines(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


_BLOCKS: Mapping[str, Callable[[Block], Markup]] = {
    "header": _header,
    "context": _context,
    "section": _section,
    "rich_text": _rich,
    "table": _table,
    "actions": _actions,
    "divider": lambda _: Markup("<hr>"),
    "data_visualization": _chart,
}

"""One alert as lines of plain text, at most 64 columns wide."""

from worker.rendering.alert.rows import AlertRow
from worker.rendering.text_table import GAP, TEXT_WIDTH, clip, indented, width
from worker.sanitize import isolate, plain

INDENT = 2
LEAST_NAME = 20
LONGEST = 400


def row_lines(row: AlertRow) -> str:
    """Name and amount, then the reason beside the days, then the owner, then the address of the page on a line of its
    own.
    """
    told = _parted(row.name, row.amount)
    why = isolate(": ".join(part for part in (row.word, row.why) if part), LONGEST)
    if row.right and width(plain(why)) + GAP + width(row.right) <= TEXT_WIDTH - INDENT:
        told.append(_line(" " * INDENT + plain(why), row.right))
    elif why:
        told += indented(f"{why}, {row.right}" if row.right else why, INDENT).split("\n")
    told += indented(isolate(row.detail, LONGEST), INDENT).split("\n") if row.detail else []
    told += [" " * INDENT + row.url] if row.url else []
    return "\n".join(told)


def _parted(name: str, amount: str) -> list[str]:
    right = plain(amount)
    room = TEXT_WIDTH - width(right) - GAP
    if right and room < LEAST_NAME:
        return [*indented(isolate(name), 0).split("\n"), *indented(right, INDENT).split("\n")]
    return [_line(clip(name, room if right else TEXT_WIDTH), right)]


def _line(left: str, right: str) -> str:
    blanks = TEXT_WIDTH - width(left) - width(right)
    return f"{left}{' ' * max(GAP, blanks)}{right}" if right else left

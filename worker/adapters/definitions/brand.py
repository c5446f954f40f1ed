"""Reads `brand` of funnelbeat.yaml. Colours that cannot be read on each other are refused with the ratio found."""

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from worker.adapters.definitions.model import BrandColoursShape, BrandPairShape, BrandShape, ImprintShape
from worker.adapters.definitions.place import Path, Sheet, parsed
from worker.adapters.definitions.shapes import read
from worker.adapters.definitions.times import one_line
from worker.adapters.definitions.words import described
from worker.domain.brand import CARDS, CONTRAST, NO_BRAND, Brand, BrandColours, BrandPair, Imprint, contrast

KEY = "brand"
LONGEST_LOGO, LONGEST_TEXT, MOST_LINES, LONGEST_URL = 40, 500, 6, 200
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MISSING = "write light and dark, each with accent and accent_text: one accent is not readable on both"


def brand(sheet: Sheet, value: Mapping[str, Any]) -> Brand:
    """What could be read. Errors have been complained about."""
    piece = read(BrandShape, dict(value), sheet, (KEY,)).piece if value else None
    if piece is None:
        return NO_BRAND
    logo = parsed(sheet, (KEY, "logo_text"), piece.logo_text, one_line, "")
    if len(logo) > LONGEST_LOGO:
        found = f"`logo_text` with {len(logo)} characters"
        sheet.complain((KEY, "logo_text"), found, f"write at most {LONGEST_LOGO}: it stands on one line of a phone")
    return Brand(
        _plain(logo.strip()),
        _colours(sheet, (KEY, "colours"), piece.colours) if piece.has("colours") else None,
        _lines(sheet, (KEY, "footer"), piece.footer),
        _imprint(sheet, (KEY, "imprint"), piece.imprint) if piece.has("imprint") else Imprint(),
    )


def _colours(sheet: Sheet, path: Path, value: Mapping[str, Any]) -> BrandColours | None:
    piece = read(BrandColoursShape, value, sheet, path).piece
    if piece is None:
        return None
    if not (piece.light and piece.dark):
        lacking = "dark" if piece.light else "light"
        sheet.complain(path, f"`colours` without `{lacking}`", _MISSING, key=True)
    light, dark = (
        _pair(sheet, (*path, scheme), getattr(piece, scheme)) if getattr(piece, scheme) else None for scheme in CARDS
    )
    return BrandColours(light, dark) if light is not None and dark is not None else None


def _pair(sheet: Sheet, path: Path, value: Mapping[str, Any]) -> BrandPair | None:
    """None after a complaint."""
    before, scheme = sheet.count, str(path[-1])
    piece = read(BrandPairShape, value, sheet, path).piece
    if piece is None:
        return None
    accent, text = (_colour(sheet, (*path, name), getattr(piece, name)) for name in ("accent", "accent_text"))
    if sheet.count > before:
        return None
    card, expected = CARDS[scheme], f"{CONTRAST}:1"
    if (ratio := contrast(accent, card)) < CONTRAST:
        found = f"`accent` {accent} beside the {scheme} ground {card}: a contrast of {_ratio(ratio)}"
        other = "darker" if scheme == "light" else "lighter"
        sheet.complain((*path, "accent"), found, f"write a {other} colour, with {expected}")
    if (ratio := contrast(accent, text)) < CONTRAST:
        found = f"`accent_text` {text} on `accent` {accent}: a contrast of {_ratio(ratio)}"
        sheet.complain((*path, "accent_text"), found, f"write a colour with {expected}, such as {_best(accent)}")
    return BrandPair(accent, text) if sheet.count == before else None


def _colour(sheet: Sheet, path: Path, value: Any) -> str:
    """As #RRGGBB. What begins with # is a comment in YAML where it stands without quotes."""
    text = value if isinstance(value, str) else ""
    if not _COLOUR.fullmatch(text):
        found = f"`{path[-1]}` with {'nothing' if not text else described(text)}"
        sheet.complain(path, found, 'write a colour in quotes, as "#0B5394"')
        return ""
    digits = text[1:] if len(text) > 4 else "".join(one * 2 for one in text[1:])
    return f"#{digits.upper()}"


def _ratio(ratio: float) -> str:
    """Cut, so that no ratio that is too small looks like one that is not."""
    return f"{math.floor(ratio * 100) / 100:.2f}:1"


def _best(accent: str) -> str:
    return max(("#FFFFFF", "#000000"), key=lambda one: contrast(accent, one))


def _lines(sheet: Sheet, path: Path, text: str) -> str:
    """Lines without blanks around them."""
    lines = [line.strip() for line in text.strip().split("\n")]
    if _CONTROL.search(text):
        sheet.complain(path, f"`{path[-1]}` with a control character", "write plain text; lines are fine")
    elif len(text) > LONGEST_TEXT or len(lines) > MOST_LINES:
        found = f"`{path[-1]}` with {len(text)} characters on {len(lines)} lines"
        sheet.complain(path, found, f"write at most {LONGEST_TEXT} characters on {MOST_LINES} lines")
    return _plain("\n".join(lines))


def _plain(text: str) -> str:
    """As in every text that takes no references."""
    return text.replace("$${", "${")


def _imprint(sheet: Sheet, path: Path, value: Any) -> Imprint:
    if not isinstance(value, dict):
        written = value if isinstance(value, str) else ""
        if not written.strip():
            sheet.complain(path, f"`imprint` with {described(value)}", "write text, or `{text: …, url: https://…}`")
        return Imprint(_lines(sheet, path, written))
    piece = read(ImprintShape, value, sheet, path).piece
    if piece is None:
        return Imprint()
    if not (piece.text or piece.url):
        sheet.complain(path, "`imprint` with neither `text` nor `url`", "write one of both")
    if piece.url and not _is_page(piece.url):
        found = f"`url` with {described(piece.url)}"
        sheet.complain((*path, "url"), found, f"write an https:// address of at most {LONGEST_URL} ASCII characters")
    return Imprint(_lines(sheet, (*path, "text"), piece.text), _plain(piece.url))


def _is_page(url: str) -> bool:
    """Slack's links end at < > and |."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    harmless = url.isascii() and url.isprintable() and not re.search(r"[\s<>|\"'\\]", url)
    return parts.scheme == "https" and bool(parts.hostname) and harmless and len(url) <= LONGEST_URL

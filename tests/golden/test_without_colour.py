"""Mails stay readable where a program takes colours away or inverts them: greyscale, forced dark mode, no <style>.

Gmail and Outlook invert light mails by themselves, each by an algorithm of its own, and some drop the style sheet. So
no movement is told by colour alone, and each text stands out from its ground also with both colours inverted.
"""

import colorsys
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.golden.test_mail_programs import declared

GOLDEN = Path(__file__).parent
MAILS = sorted(path for folder in ("email", "alert", "notice", "brand") for path in (GOLDEN / folder).glob("*.html"))
TONES = frozenset({"in", "out", "won", "gone"})
SAID = re.compile(r"[+\N{MINUS SIGN}=▲▼–]|[^\W\d_]{2,}")
"""A sign, or a word."""

VOID = frozenset({"br", "wbr", "meta", "img"})
Colour = tuple[float, float, float]


class _Texts(HTMLParser):
    """Every text that is shown, with its colour, its ground and the classes of its tone."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str, bool]] = []
        self._open: list[tuple[str, str, str, bool, bool]] = [("", "", "#FFFFFF", False, True)]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = {name: value or "" for name, value in attrs}
        style, (_, colour, ground, toned, shown) = declared(given.get("style", "")), self._open[-1]
        toned = toned or bool(TONES & set(given.get("class", "").split()))
        shown = shown and style.get("display") != "none" and tag not in ("style", "title", "head")
        self._open.append((tag, style.get("color", colour), style.get("background-color", ground), toned, shown))

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and tag not in VOID and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        _, colour, ground, toned, shown = self._open[-1]
        if shown and data.strip("\xa0 \n\u200c"):
            self.found.append((data.strip(), colour, ground, toned))


def rgb(text: str) -> Colour:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def channels_turned(colour: Colour) -> Colour:
    red, green, blue = colour
    return 1 - red, 1 - green, 1 - blue


def lightness_turned(colour: Colour) -> Colour:
    hue, light, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, 1 - light, saturation)


def luminance(colour: Colour) -> float:
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """As https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio has it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def texts() -> Iterator[tuple[str, str, str, str, bool]]:
    for path in MAILS:
        for text, colour, ground, toned in _Texts(path.read_text("utf-8")).found:
            yield path.name, text, colour, ground, toned


def test_what_a_colour_says_a_sign_or_a_word_says_too() -> None:
    toned = [(name, text) for name, text, _, _, of_tone in texts() if of_tone]
    assert len(toned) > 400
    assert [(name, text) for name, text in toned if not SAID.search(text)] == []


def test_every_text_has_its_colour_without_the_style_sheet() -> None:
    assert [(name, text) for name, text, colour, _, _ in texts() if not re.fullmatch("#[0-9a-f]{6}", colour)] == []


@pytest.mark.parametrize("turned", [lambda colour: colour, channels_turned, lightness_turned])
def test_every_text_stands_out_from_its_ground_as_it_is_and_inverted(turned: Callable[[Colour], Colour]) -> None:
    pairs = {(colour, ground): text for _, text, colour, ground, _ in texts() if colour}
    assert len(pairs) > 5
    faint = {
        (text, colour, ground): round(found, 2)
        for (colour, ground), text in pairs.items()
        if (found := contrast(turned(rgb(colour)), turned(rgb(ground)))) < 4.5
    }
    assert faint == {}

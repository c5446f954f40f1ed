"""The brand that a project's messages show: a name, two colours, a footer and an imprint."""

from dataclasses import dataclass

CONTRAST = 4.5
"""The least contrast between text and its background: https://www.w3.org/TR/WCAG22/#contrast-minimum."""

CARDS = {"light": "#FFFFFF", "dark": "#1B1F25"}
"""The background of a message in light and in dark mode, on which `accent` is shown: templates/shared/email.css.j2."""


@dataclass(frozen=True, slots=True)
class BrandPair:
    """`accent`: the background of the brand's name and of the button. `accent_text`: the colour of the text on it. Both
    as #RRGGBB.
    """

    accent: str
    accent_text: str


@dataclass(frozen=True, slots=True)
class BrandColours:
    """`light`: in light mode. `dark`: in dark mode. One accent is not readable on both backgrounds."""

    light: BrandPair
    dark: BrandPair


@dataclass(frozen=True, slots=True)
class Imprint:
    """Who is responsible for the messages. `text` may have several lines, `url` leads to a page; one of both may be
    empty.
    """

    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """`logo_text`: one line above a message; empty for none. `footer`: lines below it."""

    logo_text: str = ""
    colours: BrandColours | None = None
    footer: str = ""
    imprint: Imprint = Imprint()


NO_BRAND = Brand()


def contrast(one: str, other: str) -> float:
    """Between two colours as #RRGGBB, from 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    """Of sRGB, 0 to 1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)

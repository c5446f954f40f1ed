"""Mails keep to what mail programs are known to do, since no test can open one: https://www.caniemail.com/.

Gmail cuts a mail near 102 kB, Outlook for Windows lays out with Word, and both change colours in dark mode.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.golden.states import every_state
from tests.measured.mails import entry
from tests.support.contents import mail_of

GOLDEN = Path(__file__).parent
CLIPPED = 102_000
"""Bytes, headers of the part aside, from which Gmail shows "[Message clipped]"."""

SHEET = 8_192
"""Characters of a <style>, past which Gmail ignores it."""

PROPERTIES = frozenset(
    [
        "background-color",
        "border-collapse",
        "border-left",
        "border-right",
        "border-top",
        "border-bottom",
        "color",
        "display",
        "font-family",
        "font-size",
        "font-variant-numeric",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "margin",
        "max-height",
        "max-width",
        "mso-hide",
        "mso-line-height-rule",
        "opacity",
        "overflow",
        "overflow-wrap",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "table-layout",
        "text-align",
        "text-decoration",
        "vertical-align",
        "white-space",
        "width",
        "word-break",
        "caption-side",
        "-ms-text-size-adjust",
        "-webkit-text-size-adjust",
        "direction",
        "text-transform",
        "font-style",
    ]
)
"""What is laid out alike, or whose absence changes nothing that a reader needs."""

DISPLAYS = frozenset({"none", "block", "inline-block", "inline", "table", "table-cell"})
"""Word knows neither flex nor grid."""

ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "table",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "caption",
        "div",
        "span",
        "p",
        "b",
        "i",
        "a",
        "br",
        "wbr",
        "bdi",
        "h1",
        "h2",
        "h3",
        "code",
    ]
)
"""No form, picture, font, script or frame: programs drop them, or ask before they load one."""

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


class _Mail(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.comments: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found, declared(found.get("style", ""))))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def declared(style: str) -> dict[str, str]:
    parts = (one.partition(":") for one in style.split(";") if one.strip())
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in parts}


def faults(html: str) -> set[str]:
    """What a mail program would drop, cut or turn unreadable."""
    mail, found = _Mail(html), set[str]()
    if len(html.encode()) >= CLIPPED:
        found.add(f"{len(html.encode())} bytes")
    sheets = re.findall(r"<style>(.*?)</style>", re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL), re.DOTALL)
    found |= {"a long <style>" for sheet in sheets if len(sheet) > SHEET}
    dark = {name: _dark(" ".join(sheets), name) for name in ("color", "background-color")}
    for tag, attrs, style in mail.elements:
        classes = set(attrs.get("class", "").split()) | {tag}
        if tag not in ELEMENTS:
            found.add(f"<{tag}>")
        found |= {name for name in style if name not in PROPERTIES}
        if style.get("display", "none") not in DISPLAYS:
            found.add(f"display {style['display']}")
        if any("url(" in value or "calc(" in value or "var(" in value for value in style.values()):
            found.add("a value that is loaded or reckoned")
        if "max-width" in style and (style.get("width") != "100%" or not _fixed_for_word(mail)):
            found.add("max-width without a width for Word")
        if tag == "table" and not {"cellpadding", "cellspacing"} <= attrs.keys():
            found.add("a table with the program's own gaps")
        found |= {
            f"{name} without one for dark mode: {' '.join(sorted(classes))}"
            for name in dark
            if name in style and not classes & dark[name]
        }
    names = {attrs.get("name") for _, attrs, _ in mail.elements}
    return found | {name for name in ("color-scheme", "supported-color-schemes") if name not in names}


def _fixed_for_word(mail: _Mail) -> bool:
    return any("[if mso]" in one and 'width="600"' in one for one in mail.comments)


def _dark(sheet: str, name: str) -> set[str]:
    """Classes and elements whose colour a dark mode of the reader's program sets."""
    at = sheet.find("prefers-color-scheme:dark")
    rules = RULE.findall(sheet[sheet.find("{", at) + 1 :]) if at >= 0 else []
    chosen = (
        one.split()[-1].lstrip(".")
        for selectors, body in rules
        if name in declared(body)
        for one in selectors.split(",")
    )
    return set(chosen)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<div style="display:flex">', "display flex"),
        ('<img src="https://a.example/x.png">', "<img>"),
        ('<div style="position:absolute">', "position"),
        ('<table style="max-width:600px;width:100%">', "max-width without a width for Word"),
        ('<td style="color:#123456">', "color without one for dark mode: td"),
        ("x" * CLIPPED, f"{CLIPPED} bytes"),
    ],
)
def test_a_fault_is_seen(html: str, said: str) -> None:
    assert said in faults(html)


@pytest.mark.parametrize(("folder", "least"), [("email", 10), ("alert", 10), ("notice", 10), ("brand", 6)])
def test_every_stored_mail_keeps_to_what_mail_programs_do(folder: str, least: int) -> None:
    mails = sorted((GOLDEN / folder).glob("*.html"))
    assert len(mails) >= least
    found = {path.name: faults(path.read_text("utf-8")) for path in mails}
    assert {name: seen for name, seen in found.items() if seen} == {}


async def test_every_state_of_every_shipped_schedule_does(tmp_path: Path) -> None:
    found = {
        f"{name}.{locale}": faults(mail_of(digest, entry(locale)).html)
        for name, digest in (await every_state(tmp_path)).items()
        for locale in ("en_GB", "de_DE")
    }
    assert len(found) >= 30
    assert {name: seen for name, seen in found.items() if seen} == {}

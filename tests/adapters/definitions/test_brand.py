"""`brand` of funnelbeat.yaml: what is taken, and what is refused with which figure."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contents import TEMPLATES
from worker.adapters.bundle_codec import decode, encode
from worker.adapters.definitions.load import Loaded, load
from worker.adapters.definitions.schema import schema
from worker.app import registry
from worker.domain.brand import CARDS, CONTRAST, NO_BRAND, Brand, BrandColours, BrandPair, Imprint, contrast
from worker.domain.definition_changes import definition_changes
from worker.domain.definition_fields import field_changes

LIGHT, DARK = '{accent: "#7a1f3d", accent_text: "#fff"}', '{accent: "#F2A7BE", accent_text: "#2B0A16"}'
WHOLE = f"""brand:
  logo_text: Acme Sales
  colours: {{light: {LIGHT}, dark: {DARK}}}
  footer: Figures are internal.
  imprint:
    text: |
      Acme GmbH
      Beispielweg 1
    url: https://acme.example/imprint
"""
BRAND = Brand(
    "Acme Sales",
    BrandColours(BrandPair("#7A1F3D", "#FFFFFF"), BrandPair("#F2A7BE", "#2B0A16")),
    "Figures are internal.",
    Imprint("Acme GmbH\nBeispielweg 1", "https://acme.example/imprint"),
)


def loaded(place: Path, brand: str) -> Loaded:
    (place / "schedules").mkdir(exist_ok=True)
    (place / "funnelbeat.yaml").write_text(f"project: acme\n{brand}", encoding="utf-8")
    return load(place, registry(), {})


def brand_of(place: Path, text: str) -> Brand:
    found = loaded(place, text)
    assert [str(one) for one in found.complaints] == []
    assert found.bundle is not None
    assert decode(encode(found.bundle)) == found.bundle
    return found.bundle.brand


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("", NO_BRAND),
        (WHOLE, BRAND),
        ("brand: {logo_text: Acme}\n", Brand("Acme")),
        ("brand: {logo_text: 'A $${b}', footer: '$${c}'}\n", Brand("A ${b}", footer="${c}")),
        ("brand: {imprint: Acme GmbH}\n", Brand(imprint=Imprint("Acme GmbH"))),
        ("brand: {imprint: {url: https://acme.example}}\n", Brand(imprint=Imprint("", "https://acme.example"))),
        (f"brand: {{colours: {{light: {LIGHT}, dark: {DARK}}}}}\n", Brand(colours=BRAND.colours)),
    ],
)
def test_what_is_written_is_kept(tmp_path: Path, text: str, brand: Brand) -> None:
    assert brand_of(tmp_path, text) == brand


def colours(light: str = LIGHT, dark: str = DARK) -> str:
    return f"{{colours: {{light: {light}, dark: {dark}}}}}"


@pytest.mark.parametrize(
    ("brand", "place", "words"),
    [
        ("Acme", "2:8", "`brand` with text; write keys below it"),
        ("{logo: Acme}", "2:9", "`logo`, which `brand` does not have; did you mean `logo_text`?"),
        (f"{{logo_text: {'x' * 41}}}", "2:20", "`logo_text` with 41 characters; write at most 40"),
        ('{logo_text: "a\\nb"}', "2:20", "write it on one line, without control characters"),
        (f"{{footer: {'x' * 501}}}", "2:17", "`footer` with 501 characters on 1 lines; write at most 500 characters"),
        ('{footer: "a\\tb"}', "2:17", "`footer` with a control character"),
        ("{imprint: []}", "2:18", "`imprint` with a list; write text, or `{text: …, url: https://…}`"),
        ("{imprint: {}}", "2:18", "`imprint` with neither `text` nor `url`; write one of both"),
        (
            "{imprint: {url: http://acme.example}}",
            "2:24",
            '`url` with "http://acme.example"; write an https:// address',
        ),
        ('{imprint: {url: "https://acme.example/a|b"}}', "2:24", "write an https:// address"),
        (f"{{colours: {{light: {LIGHT}}}}}", "2:9", "`colours` without `dark`; write light and dark"),
        (
            colours(light="{accent: blue, accent_text: white}"),
            "",
            '`accent` with "blue"; write a colour in quotes, as "#0',
        ),
        (colours(light="{accent: #0B5394\n}"), "", ""),
        (colours(light='{accent: "#0B5394"}'), "", "a pair of colours without `accent_text`; write `accent_text: …`"),
    ],
)
def test_each_fault_has_its_place_and_says_what_to_write(tmp_path: Path, brand: str, place: str, words: str) -> None:
    told = [str(one) for one in loaded(tmp_path, f"brand: {brand}\n").complaints]
    assert any(one.startswith(f"funnelbeat.yaml:{place or '2:'}") and words in one for one in told), told


@pytest.mark.parametrize(
    ("brand", "sentence"),
    [
        (
            colours(light='{accent: "#88AAFF", accent_text: "#000"}'),
            "`accent` #88AAFF beside the light ground #FFFFFF: a contrast of 2.27:1; write a darker colour, with 4.5:1",
        ),
        (
            colours(dark='{accent: "#7A1F3D", accent_text: "#FFF"}'),
            "`accent` #7A1F3D beside the dark ground #1B1F25: a contrast of 1.64:1; write a lighter colour, with 4.5:1",
        ),
        (
            colours(light='{accent: "#7A1F3D", accent_text: "#AA6677"}'),
            "#AA6677 on `accent` #7A1F3D: a contrast of 2.33:1; write a colour with 4.5:1, such as #FFFFFF",
        ),
        (
            colours(light='{accent: "#777777", accent_text: "#FFFFFF"}'),
            "`accent` #777777 beside the light ground #FFFFFF: a contrast of 4.47:1; write a darker colour, with 4.5:1",
        ),
    ],
)
def test_colours_that_cannot_be_read_are_refused_with_their_ratio(tmp_path: Path, brand: str, sentence: str) -> None:
    told = [str(one) for one in loaded(tmp_path, f"brand: {brand}\n").complaints]
    assert any(one.endswith(sentence) for one in told), told


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#FFFFFF", "#000000", 21.0),
        ("#777777", "#FFFFFF", 4.478),
        ("#1B5FC1", "#FFFFFF", 6.1),
        ("#123456", "#123456", 1.0),
    ],
)
def test_the_ratio_is_that_of_the_guideline(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.05)


COLOUR = st.integers(0, 0xFFFFFF).map("#{:06X}".format)


@given(COLOUR)
def test_no_accent_can_be_seen_on_both_grounds(colour: str) -> None:
    """So that both pairs are asked for."""
    assert min(contrast(colour, ground) for ground in CARDS.values()) < CONTRAST


def test_the_grounds_are_those_of_the_style_sheets() -> None:
    light, dark = ((TEMPLATES / "shared" / f"{name}.css.j2").read_text("utf-8") for name in ("email", "email-dark"))
    found = [re.search(r"\.card\{[^}]*background-color:(#\w+)", sheet) for sheet in (light, dark)]
    assert [one and one[1] for one in found] == list(CARDS.values())


def test_a_changed_colour_is_told_by_its_path(tmp_path: Path) -> None:
    before, after = (loaded(tmp_path, text).bundle for text in (WHOLE, WHOLE.replace("#7a1f3d", "#5A1F3D")))
    assert before is not None
    assert after is not None
    (told,) = field_changes(before, after, definition_changes(before, after), lambda *_: False)
    assert (told.field, told.before, told.after) == ("brand.colours.light.accent", "#7A1F3D", "#5A1F3D")


def test_an_editor_knows_the_keys() -> None:
    brand = schema(registry())["funnelbeat.yaml"]["properties"]["brand"]
    assert set(brand["properties"]) == {"logo_text", "colours", "footer", "imprint"}
    assert brand["properties"]["colours"]["properties"]["dark"]["required"] == ["accent", "accent_text"]

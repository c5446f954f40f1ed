"""Names of the simulation's customers and its website. `demo`, `init` and `up` use FRIENDLY. HOSTILE is for tests:
markup, mentions, right-to-left text, emoji and very long names break careless output.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """`companies`: the same number in both sets, so that a seed gives the same history with other names."""

    companies: tuple[str, ...]
    website: str


_PLAIN = (
    "Harbour Lights",
    "Copper & Pine",
    "Vantage Mills",
    "Orchard Street Dental",
    "Blue Heron Freight",
    "Kestrel Optics",
    "Maple Yard",
    "Stonebridge Clinics",
    "Tidewater Foods",
    "Lantern Press",
    "Northgate Tools",
    "Quill and Harrow",
    "Redwood Hostels",
    "Saffron Kitchens",
    "Umbra Lighting",
    "Willow Farm Dairy",
)

FRIENDLY = Names(
    (
        "Baker & Daughters",
        "Meridian Travel",
        "Oakfield Schools",
        "Café Aurora",
        "Lindgren Interiors",
        "Pacific Grid",
        "Hollow Creek Brewing",
        "Santos Engenharia",
        "Nordlicht Solar",
        "Ærø Møbler",
        "Fairweather Insurance",
        "Juniper Labs",
        "Atlas Print House",
        "Summit Cycling",
        *_PLAIN,
    ),
    "Acme website",
)
HOSTILE = Names(
    (
        "<b>Bold & Sons</b>",
        "@channel *deal*",
        "<!channel> <https://evil.example|click> & `code`",
        "שלום בע״מ (ירושלים)",
        "شركة النخيل للتجارة",
        "\u202egnirts desrever\u202c GmbH",
        "🦄 Unicorn 👩‍👩‍👧 Works 🚀",
        (
            "The Very Long and Distinguished Company of Merchants, Millers, Ropemakers and Associated Trades of the "
            "Lower Valley, including its Subsidiaries, Branches and Offices in the Islands (Holding) Incorporated"
        ),
        '=HYPERLINK("http://evil.example")',
        "Smith\tTab, \"Quote\" & 'Single'",
        "Ærø Møbler",
        "{{ 7 * 7 }} Templating",
        "O’Leary — Sons ⟨Ltd⟩",
        "北京星火科技",
        *_PLAIN,
    ),
    "Acme <b>Product</b>",
)

"""A brand, and the messages that show it."""

from worker.domain.brand import Brand, BrandColours, BrandPair, Imprint

BRAND = Brand(
    "Acme Sales",
    BrandColours(BrandPair("#7A1F3D", "#FFFFFF"), BrandPair("#F2A7BE", "#2B0A16")),
    "Figures are internal. Questions: revenue operations.",
    Imprint("Acme Handels GmbH\nBeispielweg 1, 10115 Berlin\nHRB 12345 B", "https://acme.example/imprint"),
)
HOSTILE = Brand(
    "<b>A & B</b> {{ 7 * 7 }}",
    None,
    "*bold* <!channel> <https://evil.example|x> & \u202egnp",
    Imprint("</table><script>alert(1)</script>"),
)

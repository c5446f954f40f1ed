"""The brand as templates see it."""

from dataclasses import dataclass

from worker.domain.brand import Brand, BrandColours
from worker.sanitize import clean

LONGEST = 500


@dataclass(frozen=True, slots=True)
class BrandView:
    """`logo_text`: one line; empty for none. `colours`: `light` and `dark`, each with `accent` and `accent_text`; None
    for none. `footer` and `imprint`: lines. `imprint_url`: an https address; empty for none.
    """

    logo_text: str
    colours: BrandColours | None
    footer: tuple[str, ...]
    imprint: tuple[str, ...]
    imprint_url: str

    @property
    def closing(self) -> tuple[str, ...]:
        """The lines below a message: the footer, then the imprint."""
        return (*self.footer, *self.imprint)


def view_of(brand: Brand) -> BrandView:
    return BrandView(
        clean(brand.logo_text),
        brand.colours,
        _lines(brand.footer),
        _lines(brand.imprint.text),
        brand.imprint.url,
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for part in text.split("\n") if (line := clean(part, LONGEST)))

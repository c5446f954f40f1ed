"""The mails that are measured: the shipped schedules' second week, and one digest with everything in any currency."""

from dataclasses import replace
from pathlib import Path

from tests.golden import two_mondays
from tests.golden.brands import BRAND
from tests.golden.digests import FIGURES, NORMAL, STALLED
from tests.golden.test_brand_golden import branded
from worker.channels.email.content import mail_content
from worker.domain.alert.notification import Notification
from worker.domain.cap import HeldDigest
from worker.domain.digest.model import Digest, KeyFigure
from worker.domain.digest.sections import Figure, FigurePlace, KeyFact, KeyMeasure, Layout, TableSection
from worker.domain.money import Money, exponent
from worker.domain.schedule import Subscription
from worker.domain.snapshot.snapshot import Column, Kind
from worker.ports.channels import RenderRequest
from worker.sandbox.names import HOSTILE, Names

LOCALES = (
    *("en_GB", "en_US", "en_IN", "de_DE", "de_CH", "fr_FR", "fr_CH", "es_ES", "pt_BR", "it_IT", "nl_NL", "sv_SE"),
    *("pl_PL", "cs_CZ", "fi_FI", "tr_TR", "ru_RU", "el_GR", "ja_JP", "ko_KR", "zh_CN", "ar_EG"),
)
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY", "KWD", "INR", "IDR", "BRL", "SEK")


def entry(locale: str = "en_GB") -> Subscription:
    return Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")


def branded_mail(content: Digest | Notification, locale: str) -> str:
    """As `mail_of`, with a brand's name, footer and imprint."""
    return mail_content(RenderRequest(content, entry(locale), linked=True), branded(BRAND)).html


async def second_weeks(place: Path, names: Names = HOSTILE) -> dict[str, Digest]:
    """By the schedule's name."""
    return {
        name: [one async for one in two_mondays.mondays(name, place / name, names)][-1] for name in two_mondays.FILES
    }


def in_currency(code: str) -> Digest:
    """Pipeline, deals, figures, a table of people and held digests, all in one currency; amounts of a size that is
    usual in it.
    """
    unit: int = 10 ** exponent(code) * {"JPY": 160, "KRW": 1_500, "IDR": 17_000, "INR": 95}.get(code, 1)

    def scaled(amount: int) -> int:
        return amount * unit // 100

    def money(one: Money | None) -> Money | None:
        return None if one is None else Money(scaled(one.amount), code)

    key = NORMAL.keys[0]
    opening, closing = scaled(key.opening or 0), scaled(key.closing or 0)
    [view] = NORMAL.bridges
    lines = tuple(replace(line, amount=scaled(line.amount)) for line in view.lines)
    groups = tuple(
        replace(
            group,
            deals=tuple(replace(deal, annual=money(deal.annual)) for deal in group.deals),
            totals=tuple(Money(scaled(total.amount), code) for total in group.totals),
        )
        for group in STALLED.newly
    )
    stalled = replace(
        STALLED,
        newly=groups,
        newly_totals=(Money(scaled(13_900_000), code),),
        still_totals=(Money(scaled(8_800_000), code),),
        moving_again=tuple(replace(deal, annual=money(deal.annual)) for deal in STALLED.moving_again),
        left=tuple(replace(move, amount=money(move.amount)) for move in STALLED.left),
    )
    figures = tuple(
        replace(one, value=scaled(int(one.value or 0)) + 1, before=scaled(int(one.before or 0)), currency=code)
        if one.kind is Kind.MONEY
        else one
        for one in FIGURES.figures
    )
    held = Figure("subject.open", Kind.MONEY, opening, closing, code)
    return replace(
        NORMAL,
        keys=(KeyFigure(code, 37, closing, opening, 38, closing - opening, 0.0636),),
        bridges=(replace(view, currency=code, opening=opening, closing=closing, lines=lines),),
        moves=tuple(replace(move, amount=money(move.amount)) for move in NORMAL.moves),
        stalled=(stalled,),
        figures=(replace(FIGURES, figures=figures),),
        tables=(people(code, scaled),),
        held=(HeldDigest("Weekly pipeline", NORMAL.slot, 4, held, of_deals=True),),
        more_held=3,
    )


def people(code: str, scaled: object) -> TableSection:
    made = scaled if callable(scaled) else int
    columns = (
        Column("user", Kind.TEXT),
        Column("won_value", Kind.MONEY, sum=True),
        Column("open_value", Kind.MONEY, sum=True),
        Column("currency", Kind.TEXT),
    )
    rows = tuple(
        (name, made(4_400_000) + 1, made(28_978_132), code) for name in ("Carla D'Amico & Co", "Émilie Nguyễn")
    )
    layout = Layout(0, (), (FigurePlace(1), FigurePlace(2)))
    return TableSection("movements", "people", columns, rows, 5, layout, before=rows)


def website(code: str) -> Digest:
    """A digest that a funnel's conversion heads, with money."""
    unit = 10 ** exponent(code)
    steps = NORMAL.funnels[0]
    key = KeyMeasure(
        "funnel",
        Figure("conversion_rate", Kind.RATIO, 0.06, 0.0917),
        steps.window,
        steps.compared,
        "comparison",
        "/pricing",
    )
    fact = KeyFact("sales", "money", Figure("revenue", Kind.MONEY, 26_450 * unit, 102_450 * unit, code))
    return replace(
        NORMAL,
        key_query=None,
        keys=(),
        bridges=(),
        moves=(),
        stalled=(),
        measure=replace(key, last="purchase"),
        facts=(fact,),
    )

"""Hand-built digests, one for each shape that a message can take. All names are invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.domain.cap import HeldDigest
from worker.domain.digest.model import (
    BridgeLine,
    BridgeView,
    Deal,
    DealMove,
    Digest,
    KeyFigure,
    OwnerGroup,
    SourceLine,
    StageSum,
    StalledSection,
    Standing,
)
from worker.domain.digest.sections import Figure, FigureSection, FunnelSection, FunnelStage, TableSection
from worker.domain.money import Money
from worker.domain.snapshot.opportunity import Move
from worker.domain.snapshot.snapshot import Column, Gap, GapReason, Kind
from worker.domain.time.window import Window

SLOT = datetime(2026, 11, 16, 8, tzinfo=UTC)
SINCE = SLOT - timedelta(days=7)
READ = SLOT - timedelta(seconds=19)
BERLIN = "Europe/Berlin"


def eur(units: float) -> Money:
    return Money(round(units * 100), "EUR")


def deal(
    title: str, owner: str | None, units: float | None, stage: str, step: str | None, why: str | None, weeks: int = 0
) -> Deal:
    key = "oppo_" + "".join(c for c in title.lower() if c.isascii() and c.isalnum())[:16]
    return Deal(
        key=key,
        title=title,
        owner_id=None if owner is None else f"user_{owner[:2]}",
        owner=owner,
        stage=stage,
        annual=None if units is None else eur(units),
        stalled_since=SLOT - timedelta(weeks=weeks),
        next_step=step,
        stall_reason=why,
        url=f"https://app.close.com/opportunity/{key}/",
        updated_at=SLOT - timedelta(days=14 + len(title) % 9, weeks=weeks),
    )


def group(owner: str | None, *deals: Deal) -> OwnerGroup:
    total = sum(d.annual.amount for d in deals if d.annual)
    return OwnerGroup(deals[0].owner_id, owner, deals, (Money(total, "EUR"),))


GROUPS = (
    group(
        "Mina Okafor",
        deal("Harrowgate Marine", "Mina Okafor", 48_000, "Proposal", "follow_up_call", "no_communication_attempts"),
        deal("Salt & Sedge Energy", "Mina Okafor", 21_000, "Demo", "follow_up_email", "cant_get_in_touch"),
    ),
    group(
        "Teo Lindqvist",
        deal("Clearwell Clinics", "Teo Lindqvist", 33_500, "Negotiation", "follow_up_call", "cant_get_in_touch"),
        deal("Pellucid Glass", "Teo Lindqvist", 9_000, "Demo", "adjust_close_date", None),
    ),
    group("Ines Barros", deal("Verdigris Rail", "Ines Barros", 27_500, "Proposal", "follow_up_email", None)),
)

STALLED = StalledSection(
    query_id="stalled",
    first=False,
    newly=GROUPS,
    newly_count=5,
    newly_totals=(eur(139_000),),
    moving_again=(
        deal("Fennel Mills", "Ines Barros", 17_000, "Demo", None, None),
        deal("Quay Dental", "Teo Lindqvist", 12_400, "Proposal", None, None),
    ),
    left=(
        DealMove("oppo_l1", "Ardent Rail Parts", "Mina Okafor", "Proposal", Move.WON, "", eur(-38_000)),
        DealMove("oppo_l2", "Ochre Paints", "Ines Barros", "Demo", Move.MOVED_OUT, "reassigned", eur(-6_000)),
    ),
    still_count=4,
    still_totals=(eur(88_000),),
    still_longest=deal("Tansy & Row", "Ines Barros", 19_500, "Negotiation", None, None, weeks=9),
)

FUNNEL = FunnelSection(
    query_id="funnel",
    window=Window(datetime(2026, 11, 8, 23, tzinfo=UTC), datetime(2026, 11, 15, 23, tzinfo=UTC), BERLIN, "last-week"),
    compared=Window(datetime(2026, 11, 1, 23, tzinfo=UTC), datetime(2026, 11, 8, 23, tzinfo=UTC), BERLIN, "previous"),
    stages=(
        FunnelStage("stat_q", "Qualified", False, 24, 0.54, 21, 0.48),
        FunnelStage("stat_d", "Demo", False, 17, 0.47, 18, 0.5),
        FunnelStage("stat_p", "Proposal", False, 12, 0.33, 11, 0.45),
        FunnelStage("stat_n", "Negotiation", False, 7, 0.57, 6, 0.5),
        FunnelStage("stat_w", "Won", True, 4, None, 3, None),
    ),
)

FIGURES = FigureSection(
    query_id="totals",
    window=FUNNEL.window,
    compared=FUNNEL.compared,
    before_is="comparison",
    new_period=False,
    figures=(
        Figure("count", Kind.INT, 31, 27),
        Figure("count_win_rate", Kind.RATIO, 0.667, 0.5),
        Figure("value_total_won", Kind.MONEY, 9_600_000, 5_400_000, "EUR"),
        Figure("average_time_to_win", Kind.SECONDS, None, 2_419_200, why_null="nothing won"),
    ),
)

LINES = (
    BridgeLine(Move.NEW, 6, 20_800_000),
    BridgeLine(Move.RAISED, 3, 2_450_000),
    BridgeLine(Move.LOWERED, 2, 1_830_000),
    BridgeLine(Move.WON, 4, 9_600_000),
    BridgeLine(Move.LOST, 2, 3_100_000),
    BridgeLine(Move.MOVED_OUT, 1, 600_000),
    BridgeLine(Move.REMOVED, 1, 500_000),
)

SOURCES = (
    SourceLine("deals", "close", "opportunities", 37, 37, READ),
    SourceLine("stalled", "close", "opportunities", 9, 9, READ, stalled=True),
    SourceLine("funnel", "close", "funnel_stages", 5, None, READ + timedelta(seconds=1)),
    SourceLine("totals", "close", "funnel_totals", None, None, READ + timedelta(seconds=1)),
)

NORMAL = Digest(
    schedule="weekly-pipeline",
    name="Weekly pipeline",
    run="weekly-pipeline@2026-11-16T08:00:00Z",
    slot=SLOT,
    as_of=READ,
    since=SINCE,
    standing=Standing.MOVED,
    history=(
        1_010.0,
        1_040.0,
        1_022.0,
        1_080.0,
        1_101.0,
        1_090.0,
        1_150.0,
        1_160.0,
        1_140.0,
        1_181.0,
        1_198.3,
        1_274.5,
    ),
    key_query="deals",
    keys=(KeyFigure("EUR", 37, 127_450_000, 119_830_000, 38, 7_620_000, 0.0636),),
    bridges=(BridgeView("EUR", 119_830_000, 38, 127_450_000, 37, LINES),),
    moves=(
        DealMove("oppo_a", "Lumen Quay Hotels", "Teo Lindqvist", "Demo", Move.NEW, "", eur(80_000)),
        DealMove("oppo_b", "Kestrel Barn Foods", "Ines Barros", "Qualified", Move.NEW, "", eur(56_000)),
        DealMove("oppo_c", "Ardent Rail Parts", "Mina Okafor", "Proposal", Move.WON, "", eur(-38_000)),
        DealMove("oppo_l2", "Ochre Paints", "Ines Barros", "Demo", Move.MOVED_OUT, "reassigned", eur(-6_000)),
    ),
    stages=(),
    stalled=(STALLED,),
    funnels=(FUNNEL,),
    figures=(FIGURES,),
    tables=(),
    sources=SOURCES,
    gaps=(),
    next_slot=SLOT + timedelta(days=7),
    changed=True,
)

FIRST = replace(
    NORMAL,
    since=None,
    standing=Standing.FIRST,
    keys=(KeyFigure("EUR", 38, 119_830_000),),
    bridges=(),
    moves=(),
    stages=(
        StageSum("Qualified", 14, (eur(286_300),)),
        StageSum("Demo", 11, (eur(371_000),)),
        StageSum("Proposal", 8, (eur(324_500),)),
        StageSum(None, 5, (eur(216_500),)),
    ),
    stalled=(
        replace(STALLED, first=True, moving_again=(), left=(), still_count=0, still_totals=(), still_longest=None),
    ),
)

NOTHING_MOVED = replace(
    NORMAL,
    standing=Standing.UNCHANGED,
    keys=(KeyFigure("EUR", 37, 127_450_000, 127_450_000, 37, 0, 0.0),),
    bridges=(BridgeView("EUR", 127_450_000, 37, 127_450_000, 37, ()),),
    moves=(),
    stalled=(replace(STALLED, newly=(), newly_count=0, newly_totals=(), moving_again=(), left=(), still_count=9),),
    funnels=(
        replace(
            FUNNEL,
            stages=tuple(replace(s, count=0, advanced=None) for s in FUNNEL.stages),
        ),
    ),
    figures=(),
    changed=False,
)

LIST_GAP = Gap(
    "deals",
    GapReason.INCOMPLETE,
    "GET /opportunity/: 20 of 37 deals came, then the service answered 503 Service Unavailable.",
    4,
)
STALLED_GAP = Gap("stalled", GapReason.UNAVAILABLE, "GET /opportunity/: no answer came in time", 4)

KEY_GAP = replace(
    NORMAL,
    standing=Standing.UNKNOWN,
    keys=(KeyFigure("EUR", None, None, 119_830_000, 38),),
    bridges=(),
    moves=(),
    stalled=(),
    sources=(
        replace(SOURCES[0], rows=20, gap=LIST_GAP),
        replace(SOURCES[1], rows=None, total=None, as_of=None, gap=STALLED_GAP),
        *SOURCES[2:],
    ),
    gaps=(LIST_GAP, STALLED_GAP),
    changed=False,
)

FUNNEL_GAP = Gap("funnel", GapReason.RATE_LIMITED, "POST /report/funnel/opportunity/stages/: 429 for two minutes", 6)

OTHER_GAP = replace(
    NORMAL,
    funnels=(),
    sources=(*SOURCES[:2], replace(SOURCES[2], rows=None, as_of=None, gap=FUNNEL_GAP), SOURCES[3]),
    gaps=(FUNNEL_GAP,),
    late=754,
)

CURRENCIES = replace(
    NORMAL,
    keys=(
        KeyFigure("EUR", 30, 98_000_050, 98_500_000, 31, -499_950, -0.0051),
        KeyFigure("USD", 6, 29_000_000, 27_900_000, 5, 1_100_000, 0.0394),
        KeyFigure("JPY", 1, 4_500_000, 4_500_000, 1, 0, 0.0),
    ),
    bridges=(
        BridgeView(
            "EUR",
            98_500_000,
            31,
            98_000_050,
            30,
            (BridgeLine(Move.RAISED, 1, 600_050), BridgeLine(Move.CONVERTED_OUT, 1, 1_100_000)),
            unvalued=2,
        ),
        BridgeView("USD", 27_900_000, 5, 29_000_000, 6, (BridgeLine(Move.CONVERTED_IN, 1, 1_100_000),)),
        BridgeView("JPY", 4_500_000, 1, 4_500_000, 1, ()),
    ),
    moves=NORMAL.moves[:1],
    stalled=(replace(STALLED, newly_totals=(eur(118_000), Money(2_100_000, "USD"))),),
)

_HOSTILE = (
    "<script>alert(1)</script> GmbH",
    "'\"><img src=x onerror=alert(1)>",
    "@channel <!here> & Söhne",
    "شركة النخيل للتجارة",
    "\u202eevil\u202c {{ 7*7 }} {% raw %}",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk AG",
    "Line\r\nBcc: all@example.org",
    "*Bold* ~gone~ `x` \x00\x1b[31m\ud800",
)


def _hostile_groups() -> tuple[OwnerGroup, ...]:
    owners = (None, "مريم الحداد", "Ümit *Groß* _Weiß_</td></table>")
    groups = []
    for number, owner in enumerate(owners):
        deals = [
            replace(deal(t, owner, 9_000 - 100 * n, t, t, t), key=f"oppo_{number}{n}", url="javascript:alert(1)")
            for n, t in enumerate(_HOSTILE[number * 3 : number * 3 + 3])
        ]
        groups.append(group(owner, *deals))
    return tuple(groups)


HOSTILE = replace(
    NORMAL,
    sources=(
        *SOURCES,
        SourceLine("by-owner", "close", "opportunities", None, None, READ, name="<b>By</b> \u202eowner" + "r" * 300),
    ),
    name="Weekly\r\nBcc: everybody@example.org <b>pipeline</b>",
    moves=tuple(
        DealMove(f"oppo_m{n}", title, _HOSTILE[-n], title, Move.NEW, title, eur(1_000), url='https://x.example/"><b>')
        for n, title in enumerate(_HOSTILE)
    ),
    stalled=(
        replace(
            STALLED,
            newly=_hostile_groups(),
            newly_count=8,
            moving_again=tuple(deal(t, t, 5, t, None, None) for t in _HOSTILE),
            left=tuple(DealMove(f"x{n}", t, t, t, Move.LOST, t, None) for n, t in enumerate(_HOSTILE)),
            still_longest=replace(deal(_HOSTILE[0], None, None, "x", None, None), title=_HOSTILE[3]),
        ),
    ),
    funnels=(
        replace(FUNNEL, stages=tuple(replace(s, label=t) for s, t in zip(FUNNEL.stages, _HOSTILE, strict=False))),
    ),
    tables=(
        TableSection(
            "by-owner",
            "groups",
            (Column("owner", Kind.TEXT), Column("<b>deals</b>", Kind.INT), Column("share", Kind.RATIO)),
            tuple((t, n, n / 10) for n, t in enumerate(_HOSTILE)),
            limit=4,
        ),
    ),
)

LONG = replace(
    NORMAL,
    sources=(
        *SOURCES,
        *(SourceLine(f"table-{t}", "close", "opportunities", 60, None, READ, name=f"Table {t}") for t in range(8)),
    ),
    keys=(KeyFigure("EUR", 412, 160_000_000_000, 159_000_000_000, 400, 1_000_000_000, 0.0063),),
    stalled=(
        replace(
            STALLED,
            newly=tuple(
                group(
                    f"Owner Number {o:02}",
                    *(
                        deal(
                            f"Prospect {o:02} {d:02} of a rather long name",
                            f"Owner Number {o:02}",
                            9_000 - 40 * o - d,
                            "Negotiation",
                            "follow_up_call",
                            "no_communication_attempts",
                        )
                        for d in range(12)
                    ),
                )
                for o in range(25)
            ),
            newly_count=300,
            newly_totals=(eur(2_500_000),),
            moving_again=tuple(deal(f"Mover {n}", None, 1_000 + n, "Demo", None, None) for n in range(40)),
            hidden=112,
        ),
    ),
    funnels=(
        replace(
            FUNNEL,
            stages=tuple(
                FunnelStage(f"s{n}", f"Stage {n}", n == 19, 90 - 3 * n, 0.5, 80 - 3 * n, 0.5) for n in range(20)
            ),
        ),
    ),
    tables=tuple(
        TableSection(
            f"table-{t}",
            "groups",
            (Column("group", Kind.TEXT), Column("deals", Kind.INT)),
            tuple((f"Group {n}", n) for n in range(60)),
        )
        for t in range(8)
    ),
)

COLLECTED = replace(
    NORMAL,
    held=(
        HeldDigest(
            "Weekly pipeline",
            SLOT - timedelta(days=3),
            4,
            Figure("subject.open", Kind.MONEY, 122_140_000, 119_830_000, "EUR"),
            of_deals=True,
        ),
        HeldDigest(
            "Weekly pipeline",
            SLOT - timedelta(days=2),
            0,
            Figure("subject.open", Kind.MONEY, 122_140_000, 122_140_000, "EUR"),
            of_deals=True,
        ),
        HeldDigest("Daily website", SLOT - timedelta(days=1), 2, Figure("conversion_rate", Kind.RATIO, 0.061, 0.06)),
        HeldDigest("Stalled watch", SLOT - timedelta(hours=3), 0, alerts=3),
    ),
    more_held=7,
)
"""The newest digest of a reader who collects them. It tells of the older ones."""

OWN = replace(
    NORMAL,
    narrowed=True,
    own=True,
    history=(331.0, 329.5, 330.0, 331.0, 328.0),
    keys=(KeyFigure("EUR", 9, 32_800_000, 33_100_000, 9, -300_000, -0.0091),),
    bridges=(
        BridgeView(
            "EUR",
            33_100_000,
            9,
            32_800_000,
            9,
            (
                BridgeLine(Move.NEW, 1, 4_100_000),
                BridgeLine(Move.LOWERED, 1, 600_000),
                BridgeLine(Move.WON, 1, 3_800_000),
            ),
        ),
    ),
    moves=(
        DealMove("oppo_p", "Pell Wharf Shipping", "Mina Okafor", "Qualified", Move.NEW, "", eur(41_000)),
        DealMove("oppo_c", "Ardent Rail Parts", "Mina Okafor", "Proposal", Move.WON, "", eur(-38_000)),
        DealMove("oppo_s", "Salt & Sedge Energy", "Mina Okafor", "Demo", Move.LOWERED, "", eur(-6_000)),
    ),
    stalled=(
        replace(
            STALLED,
            newly=GROUPS[:1],
            newly_count=2,
            newly_totals=(eur(69_000),),
            moving_again=(deal("Fennel Mills", "Mina Okafor", 17_000, "Demo", None, None),),
            left=STALLED.left[:1],
            still_count=1,
            still_totals=(eur(19_500),),
            still=(deal("Tansy & Row", "Mina Okafor", 19_500, "Negotiation", "follow_up_call", None, weeks=9),),
            still_longest=deal("Tansy & Row", "Mina Okafor", 19_500, "Negotiation", None, None, weeks=9),
        ),
    ),
    funnels=(),
    figures=(),
    sources=(replace(SOURCES[0], rows=9, total=9), replace(SOURCES[1], rows=3, total=3)),
)
"""What one owner gets where a schedule has a digest for each."""

TEAM = replace(NORMAL, narrowed=True, team=True, funnels=(), figures=(), sources=SOURCES[:2])
"""What one manager gets where a schedule has a digest for each."""

DIGESTS: dict[str, Digest] = {
    "normal": NORMAL,
    "first": FIRST,
    "nothing-moved": NOTHING_MOVED,
    "key-gap": KEY_GAP,
    "other-gap": OTHER_GAP,
    "currencies": CURRENCIES,
    "hostile": HOSTILE,
    "long": LONG,
    "collected": COLLECTED,
    "each-owner": OWN,
    "each-manager": TEAM,
}

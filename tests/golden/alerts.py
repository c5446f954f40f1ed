"""Hand-built notifications of alerts: one subject, several, ends, no data, groups, figures, events, hostile names."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.domain.alert.notification import Finding, Notification, OpenAlert, RuleShown
from worker.domain.alert.rule import ChangeKind, Form, Severity, alert_fingerprint
from worker.domain.alert.state import CLEARED, AlertReason, LastNotification
from worker.domain.alert.subject import Amount, ClauseResult, Operand, SubjectFacts
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Kind

SLOT = datetime(2026, 11, 17, 13, 5, tzinfo=UTC)
LAST = SLOT - timedelta(minutes=15)
TOLD = SLOT - timedelta(days=7)
SCHEDULE = "stalled-watch"
CONDITION = "row.stalled && row.value >= 50000"


def euros(cents: int | None, currency: str = "EUR") -> Amount:
    return Amount(Kind.MONEY, cents, currency)


def deal(  # a deal has that many fields
    name: str,
    amount: Amount | None,
    owner: str,
    stage: str,
    days: int,
    *,
    step: str | None = "follow_up_call",
    reason: str | None = "no_communication_attempts",
) -> SubjectFacts:
    """`days`: since when nobody changed it."""
    key = "oppo_" + "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())[:12]
    touched = int((SLOT - timedelta(days=days)).timestamp() * 1000)
    cells: Mapping[str, int | str | bool | None] = {
        "next_step": step,
        "stall_reason": reason,
        "expected_close": "2026-12-11",
        "stage_since": touched - 7 * 86_400_000,
        "stalled_since": touched,
        "updated_at": touched,
    }
    url = f"https://crm.example/deal/{key}/"
    return SubjectFacts(key, name, amount, owner[:2].lower(), owner, stage, url, cells=cells)


HALVORSEN = deal("Halvorsen Marine", euros(5_200_000), "Tomás Herrera", "Proposal", 20)
PELLWORM = deal("Pellworm Shipping", euros(5_050_000), "Priya Nair", "Negotiation", 22, reason=None)
LUMEN = deal("Lumen Harbour Hotels", euros(6_500_000), "Priya Nair", "Demo", 14)

RULE = RuleShown(
    "big-deal-stalled",
    "Big deal stalled",
    CONDITION,
    "stalled-deals",
    stalled=True,
    repeat=7 * 86_400,
    last_check=LAST,
    open=1,
    open_amount=HALVORSEN.amount,
    source="close",
)


def clauses(amount: Amount | None, limit: str = "50000") -> tuple[ClauseResult, ...]:
    known = amount.value if amount else None
    value = Operand("row.value", Kind.MONEY, known, amount.currency if amount else None)
    held = None if known is None else known >= 5_000_000
    return (
        ClauseResult("row.stalled", True, (Operand("row.stalled", Kind.BOOL, True),)),
        ClauseResult(f"row.value >= {limit}", held, (value,), ">=", limit),
    )


def finding(  # a finding has that many fields
    facts: SubjectFacts,
    reason: AlertReason = AlertReason.NEW,
    *,
    rule: str = "big-deal-stalled",
    since: datetime = SLOT,
    at: datetime = SLOT,
    why: str = "",
    told: Amount | None = None,
    severity: Severity = Severity.WARNING,
    found: tuple[ClauseResult, ...] | None = None,
) -> Finding:
    """`notified`: what it was worth a week ago, when the reader was told."""
    return Finding(
        alert_fingerprint("acme", SCHEDULE, rule, facts.key),
        rule,
        reason,
        facts,
        severity,
        since,
        at,
        why,
        None if told is None else LastNotification(TOLD, told, Severity.WARNING),
        clauses=clauses(facts.amount) if found is None else found,
    )


def notification(
    findings: tuple[Finding, ...],
    rules: tuple[RuleShown, ...] = (RULE,),
    still: tuple[OpenAlert, ...] = (),
    carried: int = 0,
) -> Notification:
    return Notification(
        RunKey(SCHEDULE, SLOT), "Stalled watch", SLOT, SLOT - timedelta(seconds=41), rules, findings, still, carried
    )


ONE = notification((finding(HALVORSEN, AlertReason.FIRST),))
SEVERAL = notification(
    (finding(HALVORSEN, AlertReason.FIRST), finding(PELLWORM, AlertReason.FIRST)),
    (replace(RULE, open=2, open_amount=euros(10_250_000)),),
)
RISEN = replace(HALVORSEN, amount=euros(6_100_000))
WORSE = notification(
    (
        finding(RISEN, AlertReason.WORSE, since=TOLD, told=HALVORSEN.amount),
        finding(LUMEN),
        finding(PELLWORM, AlertReason.REPEAT, since=TOLD, told=PELLWORM.amount),
    ),
    (replace(RULE, open=3, open_amount=euros(17_650_000)),),
)
STILL = OpenAlert("9f3c01aa52d1be70", "big-deal-stalled", PELLWORM, TOLD, "Priya Nair")
ENDED = (
    finding(RISEN, AlertReason.RESOLVED, since=TOLD, why="won", told=RISEN.amount),
    finding(LUMEN, AlertReason.RESOLVED, since=SLOT - timedelta(days=2), why="revived touched", told=LUMEN.amount),
)
RESOLVED = notification(ENDED, (replace(RULE, open=1, open_amount=PELLWORM.amount),), (STILL,))
MORE_OPEN = tuple(
    OpenAlert(f"{number:016x}", RULE.id, replace(LUMEN, name=f"Quay {number} Dental"), TOLD) for number in range(5)
)
CLEARED_ONE = notification(
    (
        finding(
            replace(HALVORSEN, amount=euros(4_000_000)),
            AlertReason.RESOLVED,
            since=TOLD,
            why=CLEARED,
            told=HALVORSEN.amount,
        ),
    ),
    (replace(RULE, open=12, open_amount=euros(81_000_000)),),
    MORE_OPEN,
)

GONE = finding(
    SubjectFacts("no_data", "stalled-deals", count=3),
    AlertReason.NO_DATA,
    since=SLOT - timedelta(minutes=10),
    found=(),
)
NO_DATA = notification((GONE,), (replace(RULE, open=2),), (STILL,))
DATA_BACK = notification((replace(GONE, reason=AlertReason.DATA_BACK),), (replace(RULE, open=1),), (STILL,))

OWNER_RULE = RuleShown(
    "owner-with-five",
    "Owner with five stalled deals",
    "group.count >= 5",
    "stalled-deals",
    stalled=True,
    last_check=LAST,
    open=2,
    open_amount=euros(44_150_000),
    form=Form.GROUPS,
    source="close",
)


def owner(name: str, count: int, cents: int | None = None) -> Finding:
    """`cents`: where the rule's amount is the sum, and not the number of deals."""
    cell = {"owner_id": name[:2].lower()}
    amount = euros(cents) if cents else Amount(Kind.INT, count)
    facts = SubjectFacts(name[:2].lower(), name, amount, name[:2].lower(), name, count=count, cells=cell)
    read = Operand("group.count", Kind.INT, count)
    held = (ClauseResult("group.count >= 5", True, (read,), ">=", "5"),)
    return finding(facts, AlertReason.FIRST, rule=OWNER_RULE.id, found=held)


GROUP = notification((owner("Priya Nair", 5),), (replace(OWNER_RULE, open=1, open_amount=None),))
GROUPS = notification((owner("Priya Nair", 5, 28_050_000), owner("Tomás Herrera", 7, 16_100_000)), (OWNER_RULE,))

SHARE_RULE = RuleShown(
    "won-share",
    "Won share below target",
    'now["count_win_rate"] < 0.25 && now["count_total_complete"] >= 10',
    "won-and-lost",
    last_check=LAST,
    open=1,
    form=Form.QUERY,
    asked="funnel_totals",
    called="Won and lost",
)
SHARE = finding(
    SubjectFacts("won-and-lost", "won-and-lost", Amount(Kind.RATIO, 0.1818)),
    AlertReason.FIRST,
    rule=SHARE_RULE.id,
    severity=Severity.CRITICAL,
    found=(
        ClauseResult(
            'now["count_win_rate"] < 0.25',
            True,
            (Operand('now["count_win_rate"]', Kind.RATIO, 0.1818),),
            "<",
            "0.25",
        ),
        ClauseResult(
            'now["count_total_complete"] >= 10',
            True,
            (Operand('now["count_total_complete"]', Kind.INT, 22),),
            ">=",
            "10",
        ),
    ),
)
QUERY = notification((SHARE,), (SHARE_RULE,))

LOST_RULE = RuleShown(
    "big-deal-lost",
    "Big deal lost",
    'change.why == "lost" && row.value >= 20000',
    "deals",
    last_check=LAST,
    form=Form.CHANGES,
    change=ChangeKind.REMOVED,
    source="close",
)
TALLIS = deal("Tallis & Rowe", euros(6_100_000), "Tomás Herrera", "Lost", 0, step=None, reason=None)
LOST = finding(
    TALLIS,
    rule=LOST_RULE.id,
    found=(
        ClauseResult('change.why == "lost"', True, (Operand("change.why", Kind.TEXT, "lost"),), "==", "lost"),
        ClauseResult("row.value >= 20000", True, clauses(TALLIS.amount)[1].operands, ">=", "20000"),
    ),
)
EVENT = notification((LOST,), (LOST_RULE,))
RULES = notification(
    (SHARE, *WORSE.findings, owner("Priya Nair", 5), LOST, ENDED[1]),
    (
        SHARE_RULE,
        replace(RULE, open=4, open_amount=euros(22_850_000)),
        replace(OWNER_RULE, open=1, open_amount=None),
        LOST_RULE,
    ),
    (replace(STILL, facts=HALVORSEN, acked_by=""),),
)

AFTER_SILENCE = notification((finding(HALVORSEN, AlertReason.AFTER_SILENCE, since=TOLD),))
CARRIED = notification(
    (
        finding(LUMEN, AlertReason.FIRST),
        finding(HALVORSEN, since=SLOT - timedelta(hours=18), at=SLOT - timedelta(hours=18)),
        replace(
            finding(PELLWORM, since=SLOT - timedelta(hours=18), at=SLOT - timedelta(hours=18)),
            over_since=SLOT - timedelta(hours=3),
        ),
    ),
    (replace(RULE, open=2, open_amount=euros(11_700_000)),),
    carried=2,
)

NAMES = (
    "<b>Bold & Co</b> {{ 7*7 }} <!channel>",
    "\x1b[31mred\x1b[0m\nSubject: spoofed",
    "\u202eevil \u05e4\u05d2\u05d9\u05e9\u05d4 \u05e9\u05d1\u05d5\u05e2\u05d9\u05ea",
    "株式会社東京データシステムズ海外営業本部",
    "Donaudampfschifffahrtsgesellschaftskapitän" * 12,
    "",
)
HOSTILE = notification(
    tuple(
        finding(
            replace(
                deal(name, euros(5_000_000 + at), name[::-1], f"<i>{name}</i>", 20 + at, step=name, reason=name),
                key=f"oppo_{at}",
                url=("javascript:alert(1)", "https://crm.example/a b", 'https://crm.example/?q="><script>')[at % 3],
            ),
            rule="big-<deal>",
        )
        for at, name in enumerate(NAMES)
    ),
    (
        replace(
            RULE,
            id="big-<deal>",
            name="<Big> \u202edeal \u05e4\u05d2\u05d9\u05e9\u05d4 " + "sehr lang " * 20,
            query="<q>" + "\u202e" + "x" * 300,
            called="<q>" + "\u202e" + "x" * 300,
            condition='row.owner.matches("<script>") || ' + CONDITION,
            source="<svc>\x1b[31m",
            open=6,
            open_amount=None,
        ),
    ),
    (replace(STILL, rule="big-<deal>", facts=replace(PELLWORM, name=NAMES[2]), acked_by=NAMES[0]),),
)
CURRENCIES = notification(
    (
        finding(HALVORSEN, AlertReason.FIRST),
        finding(replace(LUMEN, amount=euros(7_512_345_50, "JPY"))),
        finding(replace(PELLWORM, amount=euros(6_000_050, "CHF"))),
        finding(deal("Quay Dental", euros(None), "", "Demo", 31, step=None)),
    ),
    (replace(RULE, open=4, open_amount=None),),
)
PLACES = (
    "Aldgate",
    "Borough",
    "Cromer",
    "Dover",
    "Epping",
    "Foyle",
    "Girvan",
    "Hythe",
    "Islay",
    "Jarrow",
    "Kelso",
    "Lee",
)
LONG = notification(
    tuple(
        finding(
            deal(
                f"{PLACES[at % 12]} {PLACES[at // 12]} Ltd",
                euros(9_000_000 - at * 50_000),
                "Priya Nair",
                "Demo",
                14 + at,
            )
        )
        for at in range(70)
    ),
    (replace(RULE, open=74, open_amount=euros(530_000_000)),),
)

ALERTS = {
    "one": ONE,
    "several": SEVERAL,
    "worse": WORSE,
    "resolved": RESOLVED,
    "cleared": CLEARED_ONE,
    "no-data": NO_DATA,
    "data-back": DATA_BACK,
    "group": GROUP,
    "groups": GROUPS,
    "query": QUERY,
    "event": EVENT,
    "rules": RULES,
    "after-silence": AFTER_SILENCE,
    "carried": CARRIED,
    "hostile": HOSTILE,
    "currencies": CURRENCIES,
    "long": LONG,
}

"""The example schedule, from its file to a digest: a funnel is shown as one, figures beside their comparison."""

from datetime import UTC, datetime
from pathlib import Path

from tests.support.traits import traits_of
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.model import Digest
from worker.domain.schedule import Schedule
from worker.domain.time.window import WindowSpec, compared, resolve
from worker.plugins import CHANNEL_TYPES, CONNECTIONS
from worker.ports import Answer, Question
from worker.sandbox.names import HOSTILE
from worker.sandbox.server import Sandbox
from worker.sandbox.umami_account import PASSWORD, USERNAME
from worker.sources.umami import open_source

(EXAMPLE,) = Path(__file__).parents[3].glob("schedules/**/umami-week.yaml")
SLOT = datetime(2026, 11, 23, 7, tzinfo=UTC)
READ = datetime(2026, 11, 23, 7, 0, 2, tzinfo=UTC)
PROJECT = """\
project: acme
connections: {umami: {type: sandbox-umami}}
channels: {email: {type: sandbox}, slack: {type: sandbox}}
"""


def example(place: Path) -> Schedule:
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (place / "schedules" / EXAMPLE.name).write_bytes(EXAMPLE.read_bytes())
    loaded = load(place, Registry(CONNECTIONS, CHANNEL_TYPES, CelExpressions(), PublicHolidays()), {})
    assert (loaded.complaints, loaded.warnings) == ((), ())
    assert loaded.bundle is not None
    return loaded.bundle.schedules["umami-week"]


async def answers(schedule: Schedule) -> dict[str, Answer]:
    zone = schedule.trigger.zone
    async with Sandbox(now=lambda: READ, names=HOSTILE) as box:
        options = {"base_url": box.umami_url, "username": USERNAME, "password": PASSWORD}
        source = open_source(options, clock=lambda: READ)
        found = {}
        for item in schedule.report:
            window = resolve(item.window or WindowSpec("last-week"), SLOT, zone)
            against = compared(window, item.compare, SLOT) if item.compare else None
            found[item.id] = await source.fetch(Question(item, SLOT, zone, window, against))
        await source.aclose()
    return found


async def made(place: Path) -> Digest:
    schedule = example(place)
    found = await answers(schedule)
    context = DigestContext(
        schedule=schedule,
        run="umami-week@2026-11-23T07:00:00Z",
        slot=SLOT,
        traits=traits_of(schedule),
        snapshots={query: answer.snapshot for query, answer in found.items()},
        compared={query: answer.compared for query, answer in found.items() if answer.compared is not None},
        connections={"umami": "sandbox-umami"},
    )
    return compose(context)


async def test_the_example_becomes_a_digest_with_a_funnel_and_figures(tmp_path: Path) -> None:
    digest = await made(tmp_path)
    (funnel,) = digest.funnels
    assert [(stage.label, stage.won) for stage in funnel.stages] == [
        ("/pricing", False),
        ("signup", False),
        ("purchase", True),
    ]
    first, second, last = funnel.stages
    assert first.count is not None
    assert second.count is not None
    assert first.count > second.count > 0
    assert first.advanced == second.count / first.count
    assert last.advanced is None
    assert all(stage.before_count is not None for stage in funnel.stages)


async def test_the_conversion_heads_the_example_and_every_figure_is_printed_once(tmp_path: Path) -> None:
    digest = await made(tmp_path)
    key = digest.measure
    assert key is not None
    assert (key.query_id, key.figure.name, key.first, key.last) == (
        "conversion",
        "conversion_rate",
        "/pricing",
        "purchase",
    )
    assert key.figure.moved
    assert [(one.name, one.to) for one in key.movers][:1] == [("signup", "purchase")]
    assert [(fact.label, fact.figure.name) for fact in digest.facts] == [("money", "revenue"), ("visits", "visitors")]
    assert [(section.query_id, [one.name for one in section.figures]) for section in digest.figures] == [
        ("visits", ["bounce_rate", "time_per_visit"]),
        ("sales", ["revenue_per_session"]),
    ]
    assert [table.table_id for table in digest.tables] == ["top_sources"]
    assert {"country", "region", "channel"} <= dict(digest.unprinted).keys()


async def test_origins_are_one_table_by_revenue_and_then_by_visitors(tmp_path: Path) -> None:
    (table,) = (await made(tmp_path)).tables
    assert [column.name for column in table.columns] == ["name", "visitors", "revenue", "currency", "position"]
    amounts = [(row[2], row[1] or 0) for row in table.rows]
    assert amounts == sorted(amounts, reverse=True)
    direct = next(row for row in table.rows if row[0] == "(direct)")
    assert direct[1] is None  # the service leaves visits without an origin out of its attribution
    assert len(table.before) == len(table.rows)


async def test_the_example_s_windows_are_the_local_weeks_of_its_zone(tmp_path: Path) -> None:
    digest = await made(tmp_path)
    now, before = digest.funnels[0].window, digest.funnels[0].compared
    assert now is not None
    assert before is not None
    assert (now.start, now.end) == (datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert before.end == now.start

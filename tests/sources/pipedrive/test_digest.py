"""The example schedule, from its file to a digest: the bridge, both kinds of stalling, and figures user by user."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.contents import mail_of, posts_of
from tests.support.traits import traits_of
from worker.adapters.definitions.kinds import Registry
from worker.adapters.definitions.load import load
from worker.adapters.expressions.cel import CelExpressions
from worker.adapters.public_holidays import PublicHolidays
from worker.domain.delivery import Baseline
from worker.domain.digest.compose import compose
from worker.domain.digest.context import DigestContext
from worker.domain.digest.model import Digest
from worker.domain.schedule import Schedule, Subscription
from worker.domain.snapshot.snapshot import Snapshot
from worker.domain.time.window import compared, resolve
from worker.plugins import CHANNEL_TYPES
from worker.ports import Answer, Question
from worker.ports.kinds import SourceKind
from worker.sandbox.names import HOSTILE
from worker.sandbox.pipedrive_api import API_TOKEN
from worker.sandbox.server import Sandbox
from worker.sources.pipedrive import PIPEDRIVE, PipedriveSource, open_source

(EXAMPLE,) = Path(__file__).parents[3].glob("schedules/**/pipedrive-week.yaml")
TEMPLATES = Path(__file__).parents[3] / "templates"
SLOT = datetime(2026, 11, 23, 8, tzinfo=UTC)
PROJECT = """\
project: acme
connections: {pipedrive: {type: pipedrive, company_domain: acme, api_token: "${TOKEN}"}}
channels: {email: {type: sandbox}, slack: {type: sandbox}}
"""


def loaded(place: Path, text: str) -> tuple[list[str], list[str], Schedule | None]:
    """What is complained about, what is warned of, and the schedule."""
    (place / "schedules").mkdir()
    (place / "funnelbeat.yaml").write_text(PROJECT, "utf-8")
    (place / "schedules" / "week.yaml").write_text(text, "utf-8")
    kinds: dict[str, SourceKind] = {"pipedrive": PIPEDRIVE}
    found = load(place, Registry(kinds, CHANNEL_TYPES, CelExpressions(), PublicHolidays()), {"TOKEN": "t"})
    schedule = found.bundle.schedules["week"] if found.bundle is not None else None
    return [str(c) for c in found.complaints], [str(c) for c in found.warnings], schedule


def example(place: Path) -> Schedule:
    complaints, warnings, schedule = loaded(place, EXAMPLE.read_text("utf-8"))
    assert (complaints, warnings) == ([], [])
    assert schedule is not None
    return schedule


async def answers(source: PipedriveSource, schedule: Schedule, before: dict[str, Snapshot]) -> dict[str, Answer]:
    zone, found = schedule.trigger.zone, dict[str, Answer]()
    for item in schedule.report:
        window = resolve(item.window, SLOT, zone) if item.window else None
        against = compared(window, item.compare, SLOT) if item.compare and window else None
        past = before.get(item.id)
        question = Question(
            item, SLOT, zone, window, against, formerly=past.members if past else frozenset(), previous=past
        )
        found[item.id] = await source.fetch(question)
    return found


async def made(place: Path) -> tuple[Digest, dict[str, Answer]]:
    schedule, now = example(place), SLOT
    async with Sandbox(now=lambda: now, names=HOSTILE) as box:
        source = open_source({"base_url": box.pipedrive_url, "api_token": API_TOKEN}, clock=lambda: now)
        first = {query: a.snapshot for query, a in (await answers(source, schedule, {})).items()}
        now += timedelta(seconds=10)
        box.pipeline.step(now)
        now += timedelta(seconds=10)
        found = await answers(source, schedule, first)
        await source.aclose()
    context = DigestContext(
        schedule=schedule,
        run="week@2026-11-23T08:00:00Z",
        slot=SLOT,
        traits=traits_of(schedule),
        snapshots={query: answer.snapshot for query, answer in found.items()},
        compared={query: answer.compared for query, answer in found.items() if answer.compared is not None},
        connections={"pipedrive": "pipedrive"},
        baselines={query: (Baseline(query, SLOT, SLOT), snapshot) for query, snapshot in first.items()},
    )
    return compose(context), found


async def test_the_example_becomes_a_digest_with_a_bridge_and_both_stalled_lists(tmp_path: Path) -> None:
    digest, found = await made(tmp_path)
    assert digest.bridges[0].currency == "EUR"
    assert [section.query_id for section in digest.stalled] == ["rotten", "idle"]
    rotten = digest.stalled[0]
    assert rotten.newly_count == 2
    assert len(rotten.moving_again) >= 1
    reasons = {
        row.cells[rows.index("stall_reason")] for rows in [found["rotten"].snapshot.rows] if rows for row in rows.rows
    }
    assert all(str(reason).startswith("no_update:14:") for reason in reasons)


async def test_the_digest_can_be_read_as_mail_and_in_slack(tmp_path: Path) -> None:
    digest, _ = await made(tmp_path)
    for locale, reason in (("en_GB", " · limit 14 d"), ("de_DE", " · Grenze 14 T.")):
        entry = Subscription("team", "email", "sales@acme.example", "pipeline", locale, "Europe/Berlin")
        for shown in (mail_of(digest, entry), posts_of(digest, entry)):
            assert reason in f"{shown}"
    assert digest.schedule


def test_a_definition_in_the_seeds_spelling_is_taken_with_a_warning(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("{pipeline_id: 1, status: open}", "{id: 1, everyone: 1, user_id: 3}")
    complaints, warnings, schedule = loaded(tmp_path, text)
    assert complaints == []
    assert sorted(warning.split(": ", 1)[1] for warning in warnings) == [
        (
            "a pipeline's list of version 1; write pipeline_id and status: open; "
            "this list is deprecated and may vanish any day"
        ),
        "user_id beside everyone; leave it out: Pipedrive ignores it beside everyone",
    ]
    assert schedule is not None
    assert schedule.item("deals").params == {"id": "1", "everyone": 1, "user_id": "3"}


def test_days_under_the_apis_names_stand_for_a_window(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace(
        "    window: last-week\n    params: {id: 1, user_id: all}",
        "    params: {id: 1, start_date: 2026-11-01, end_date: 2026-11-30}",
    )
    complaints, _, schedule = loaded(tmp_path, text)
    assert complaints == []
    assert schedule is not None
    item = schedule.item("conversion")
    assert item.window is None
    assert item.params == {"id": "1", "start_date": "2026-11-01", "end_date": "2026-11-30"}


def test_without_days_or_a_window_a_statistic_is_refused(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace(
        "    window: last-week\n    params: {id: 1, user_id: all}", "    params: {id: 1, user_id: all}"
    )
    complaints, _, _ = loaded(tmp_path, text)
    assert len(complaints) == 1
    assert "without a stretch of time" in complaints[0]


async def test_windows_of_the_example_are_the_local_weeks_of_its_zone(tmp_path: Path) -> None:
    _, found = await made(tmp_path)
    now, before = found["movements"].snapshot.window, found["movements"].compared
    assert now is not None
    assert before is not None
    assert before.window is not None
    assert (now.start, now.end) == (datetime(2026, 11, 15, 23, tzinfo=UTC), datetime(2026, 11, 22, 23, tzinfo=UTC))
    assert before.window.end == now.start

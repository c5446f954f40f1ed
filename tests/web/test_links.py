"""The pages behind the links in messages, over a real socket: a reader's whole way, and what strangers get."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.support import in_process
from tests.support.in_process import SCHEDULE, InProcessRun
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.delivery import Reader
from worker.domain.links import Link, Purpose
from worker.domain.run import Claim, RunKey
from worker.flow.operate.reset_baselines import Selection, plan_reset, reset
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.settings import Settings
from worker.web.limit import SPAN, TRIES
from worker.web.links import application

BASE = "https://beat.acme.example"
KEY = "k" * 40
TO = "\n  - {id: ada, channel: mail, address: ada@acme.example, locale: de_DE}\n"
ADA = Reader("week", "ada", "ada@acme.example")
ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass
class Site:
    week: InProcessRun
    client: httpx.AsyncClient
    clock: list[float]

    def token(self, purpose: Purpose = Purpose.PREFERENCES, reader: Reader = ADA, **more: object) -> str:
        links = self.week.services.links
        return links.sign(Link(purpose, reader, **more), links.key_id)  # type: ignore[arg-type]

    async def get(self, path: str, **more: object) -> httpx.Response:
        return await self.client.get(path, **more)  # type: ignore[arg-type]

    async def post(self, path: str, **more: object) -> httpx.Response:
        return await self.client.post(path, **more)  # type: ignore[arg-type]

    async def ada(self) -> str:
        """How the delivery of a new run to Ada ended."""
        _, rows = await self.week.run()
        row = next(row for row in rows if row.key.reader == ADA.id)
        return f"{row.state} {row.reason or ''}".strip()


@asynccontextmanager
async def serving(redis: EmbeddedRedis, place: Path, more: str = "") -> AsyncIterator[Site]:
    async with in_process.in_process_run(redis.url, place, Settings(link_key=KEY)) as week:
        file = place / "funnelbeat.yaml"
        file.write_text(f"{file.read_text('utf-8')}web: {{base_url: {BASE}}}\n{more}", "utf-8")
        await week.deploy(SCHEDULE.rstrip() + TO)
        clock = [0.0]
        config = uvicorn.Config(
            application(week.services, lambda: clock[0]), port=0, lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        going = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it has started
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield Site(week, client, clock)
        server.should_exit = True
        await going


@pytest.fixture
async def site(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[Site]:
    async with serving(empty_redis, tmp_path / "project") as made:
        yield made


def shown(answer: httpx.Response) -> str:
    """The visible words."""
    body = answer.text.split("<main>")[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


async def test_a_reader_stops_a_digest_by_the_header_of_a_real_mail_in_one_click(site: Site) -> None:
    await site.week.run()
    raw = next(item.body for item in site.week.box.outbox.items if b"ada@acme.example" in item.body)
    mail = message_from_bytes(raw, policy=policy.default)
    path = str(mail["List-Unsubscribe"]).strip("<>").removeprefix(BASE)
    assert str(mail["List-Unsubscribe-Post"]) == ONE_CLICK
    body = {"content": ONE_CLICK, "headers": {"content-type": "application/x-www-form-urlencoded"}}
    for _ in range(2):
        answer = await site.post(path, **body)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (200, None)
    assert await site.ada() == "skipped unsubscribed"
    said = await site.week.services.subscriptions.preferences("week")
    assert [(reader, one.origin) for reader, one in said.items()] == [(ADA.id, "link")]


async def test_the_multipart_body_of_rfc_8058_stops_it_too(site: Site) -> None:
    path = f"/u/{site.token(Purpose.UNSUBSCRIBE)}"
    assert (await site.post(path, files={"List-Unsubscribe": (None, "One-Click")})).status_code == 200
    assert await site.ada() == "skipped unsubscribed"


async def test_looking_changes_nothing(site: Site) -> None:
    for path in (f"/u/{site.token(Purpose.UNSUBSCRIBE)}", f"/p/{site.token()}"):
        for method in ("GET", "HEAD"):
            assert (await site.client.request(method, path)).status_code == 200
    await site.post(f"/p/{site.token()}", data={})
    assert await site.ada() == "sent"


async def test_who_stopped_starts_it_again_and_is_told_what_moved_since(site: Site) -> None:
    path = f"/u/{site.token(Purpose.UNSUBSCRIBE)}"
    assert await site.ada() == "sent"
    before = await site.week.baselines(ADA)
    assert "Beendet Weekly pipeline" in shown(await site.post(path))
    assert "Beendet" in shown(await site.get(path))
    assert await site.ada() == "skipped unsubscribed"
    assert "Bericht beenden" in shown(await site.post(path, data={"act": "start"}))
    assert await site.week.baselines(ADA) == before
    assert await site.ada() == "sent"


async def test_the_page_says_when_a_digest_was_last_sent_also_after_a_reset(site: Site) -> None:
    path, services = f"/p/{site.token()}", site.week.services
    assert "zuletzt gesendet" not in shown(await site.get(path))
    assert await site.ada() == "sent"
    before = last_sent(shown(await site.get(path)))
    assert before
    await reset(services, await plan_reset(services, Selection("week"), None))
    assert last_sent(shown(await site.get(path))) == before


def last_sent(page: str) -> str:
    found = re.search(r"zuletzt gesendet [^,]*", page)
    return found[0] if found else ""


async def test_a_reader_pauses_and_resumes_on_the_preferences_page(site: Site) -> None:
    path = f"/p/{site.token()}"
    assert "Jeden Bericht" in shown(await site.get(path))
    assert "Pausiert bis" in shown(await site.post(path, data={"act": "pause-28"}))
    (said,) = (await site.week.services.subscriptions.preferences("week")).values()
    assert said.until is not None
    assert said.until - said.at == timedelta(days=28)
    await site.post(path, data={"act": ""})
    assert await site.ada() == "skipped muted"
    assert "Pausiert bis" not in shown(await site.post(path, data={"act": "resume"}))
    assert await site.ada() == "sent"


CHOICES = {"act": "save", "send": "on_change", "locale": "en_GB", "quiet_from": "19:00", "quiet_to": "08:00"}
WEEKDAYS = {**CHOICES, "days": ["0", "1", "2", "3", "4"], "rows": "row.value >= 50000"}


async def test_a_reader_chooses_and_the_next_digest_is_as_chosen(site: Site) -> None:
    path = f"/p/{site.token()}"
    assert "Saved. It counts from the next digest on." in shown(await site.post(path, data=WEEKDAYS))
    (made,) = (await site.week.services.subscriptions.choices("week")).values()
    assert (made.origin, made.by, made.locale, str(made.send), made.days) == (
        "link",
        "the reader",
        "en_GB",
        "on_change",
        (0, 1, 2, 3, 4),
    )
    page = (await site.get(path)).text
    assert 'name="rows" value="row.value &gt;= 50000"' in page
    assert "<option selected>19:00</option>" in page
    assert 'value="on_change" checked' in page
    run, _ = await site.week.run()
    kept = (await site.week.services.lookups.subscribed(run.key))[ADA.id]
    assert (kept.rows, kept.locale, kept.not_sent) == ("row.value >= 50000", "en_GB", made.chosen(kept).not_sent)
    assert kept.not_sent is not None


async def test_a_readers_own_condition_only_narrows_what_the_definition_lets_through(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    async with serving(empty_redis, tmp_path / "project") as site:
        to = TO.replace("locale: de_DE", 'locale: de_DE, rows: "row.value >= 40000 // ours"')
        await site.week.deploy(SCHEDULE.rstrip() + to)
        path = f"/p/{site.token()}"
        assert "row.value &gt;= 40000 // ours" in (await site.get(path)).text
        answer = await site.post(path, data={**WEEKDAYS, "rows": "row.value >= 1) || (true"})
        assert answer.status_code == 422
        assert "Nicht gespeichert" in shown(answer)
        assert await site.week.services.subscriptions.choices("week") == {}
        await site.post(path, data={**WEEKDAYS, "rows": "row.value < 60000", "quiet_from": "", "quiet_to": ""})
        _, rows = await site.week.run()
        digest = await site.week.services.digests.open(next(row for row in rows if row.key.reader == ADA.id))
        assert digest is not None
        listed = digest.found.snapshots["deals"].rows
        assert listed is not None
        place = next(at for at, one in enumerate(listed.columns) if one.name == "value")
        values = [int(row.cells[place] or 0) for row in listed.rows]
        assert values
        assert all(4_000_000 <= value < 6_000_000 for value in values), values


async def test_what_was_chosen_survives_a_deployment_and_goes_with_the_entry(site: Site) -> None:
    await site.post(f"/p/{site.token()}", data=WEEKDAYS)
    await site.week.deploy(SCHEDULE.replace("Weekly pipeline", "Renamed").rstrip() + TO)
    assert set(await site.week.services.subscriptions.choices("week")) == {ADA.id}
    await site.week.deploy(SCHEDULE)
    assert await site.week.services.subscriptions.choices("week") == {}


async def test_the_page_leads_to_what_else_comes_to_the_address_and_stops_everything(site: Site) -> None:
    second = "  - {id: again, channel: mail, address: ada@acme.example}\n"
    await site.week.deploy(SCHEDULE.rstrip() + TO + second)
    path = f"/p/{site.token()}"
    page = await site.get(path)
    assert "Das bekommen Sie außerdem 1 Weekly pipeline Montags um 09:00 MEZ Ändern" in shown(page)
    (token,) = re.findall(r'<a href="([^"/]+)">', page.text)
    assert "Stop this digest" in shown(await site.get(f"/p/{token}"))
    assert "Ändern" not in shown(await site.get(f"/u/{site.token(Purpose.UNSUBSCRIBE)}"))
    assert "Beendet" in shown(await site.post(path, data={"act": "everything"}))
    _, rows = await site.week.run()
    stopped = {row.key.reader for row in rows if str(row.reason) == "unsubscribed"}
    assert stopped == {ADA.id, "again|ada@acme.example"}
    assert "Stopped" in shown(await site.get(f"/p/{token}"))


async def test_only_the_reader_of_the_link_is_stopped(site: Site) -> None:
    await site.post(f"/p/{site.token()}", data={"act": "stop"})
    _, rows = await site.week.run()
    assert {row.key.reader: str(row.state) for row in rows} == {
        ADA.id: "skipped",
        "team|sales@acme.example": "sent",
    }


async def test_a_link_to_unsubscribe_can_do_nothing_else(site: Site) -> None:
    """It never expires, so it may only stop, and take that back."""
    path = f"/u/{site.token(Purpose.UNSUBSCRIBE)}"
    assert "Pausieren" not in (await site.get(path)).text
    await site.post(path, data={"act": "pause-7"})
    assert await site.week.services.subscriptions.preferences("week") == {}


async def test_every_wrong_link_gets_the_same_answer(site: Site) -> None:
    """So that nobody learns what is wrong, who gets what, or which schedules there are."""
    now = await site.week.services.clock.now()
    good = site.token()
    wrong = [
        f"/p/{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        f"/p/{site.token(Purpose.UNSUBSCRIBE)}",
        f"/u/{good}",
        f"/p/{site.token(expires=now - timedelta(seconds=1))}",
        "/p/nothing",
        "/u/",
        "/",
        "/p/a/b",
        "/admin",
        f"/p/{'x' * 3000}",
    ]
    answers = [await site.get(path) for path in wrong] + [await site.post(wrong[0], data={"act": "stop"})]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "acme" not in answers[0].text
    assert (await site.client.put(f"/p/{good}")).text == answers[0].text
    assert (await site.get(f"/p/{site.token(expires=now + timedelta(days=1))}")).status_code == 200


async def test_a_signed_link_of_a_reader_who_is_gone_says_so_and_does_nothing(site: Site) -> None:
    gone = Reader("week", "nobody", "old@acme.example")
    for reader in (gone, Reader("other", "ada", "ada@acme.example")):
        answer = await site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE, reader)}", content=ONE_CLICK)
        assert answer.status_code == 200
        assert "You no longer get this digest" in shown(answer)
    assert await site.week.services.subscriptions.preferences("week") == {}


async def test_a_link_to_an_address_that_became_a_shared_one_works_no_more(
    empty_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    shared = "shared_addresses: [ADA@acme.example]\n"
    async with serving(empty_redis, tmp_path / "project", shared) as site:
        assert (await site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE)}")).status_code == 404
        assert await site.ada() == "sent"


async def test_a_client_with_many_wrong_links_waits_but_a_link_that_works_does_not(site: Site) -> None:
    for _ in range(TRIES):
        assert (await site.get("/p/nothing")).status_code == 404
    assert (await site.get("/p/nothing")).status_code == 429
    assert (await site.get(f"/p/{site.token()}")).status_code == 200
    site.clock[0] += SPAN
    assert (await site.get("/p/nothing")).status_code == 404


async def test_no_page_may_run_a_script_be_framed_kept_indexed_or_tell_where_it_led_from(site: Site) -> None:
    for path in (f"/p/{site.token()}", "/p/nothing"):
        answer = await site.get(path)
        head = answer.headers
        policy_ = head["content-security-policy"]
        assert "default-src 'none'" in policy_
        assert "frame-ancestors 'none'" in policy_
        assert "script" not in policy_ + answer.text.lower()
        assert head["referrer-policy"] == "no-referrer"
        assert head["cache-control"] == "no-store"
        assert "noindex" in head["x-robots-tag"]
        assert head["x-content-type-options"] == "nosniff"


async def test_names_from_definitions_are_text(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    async with serving(empty_redis, tmp_path / "project") as site:
        hostile = SCHEDULE.replace("name: Weekly pipeline", 'name: "<img src=x onerror=alert(1)>"')
        await site.week.deploy(hostile.rstrip() + TO)
        answer = await site.get(f"/p/{site.token()}")
        assert "<img" not in answer.text
        assert "&lt;img src=x" in answer.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [("de-AT,en;q=0.5", "Dieser Link gilt nicht"), ("fr, en", "This link does not work"), ("", "This")],
)
async def test_a_page_that_knows_no_reader_speaks_the_browsers_language(site: Site, asked: str, words: str) -> None:
    assert words in (await site.get("/u/x", headers={"accept-language": asked})).text


async def test_a_long_body_is_not_read_to_its_end_and_still_stops(site: Site) -> None:
    answer = await site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE)}", content=b"x" * 100_000)
    assert answer.status_code == 200
    assert await site.ada() == "skipped unsubscribed"


async def fired(week: InProcessRun) -> None:
    """A run that its trigger names, now."""
    services, now = week.services, await week.services.clock.now()
    deployed = await services.deployments.deployed()
    assert deployed is not None
    claim = Claim(RunKey("week", now), deployed.bundle, "cron", now + timedelta(hours=1))
    assert await services.clock.request(claim, services.pid)
    for delivery in await produce(services, claim.key):
        await deliver(services, delivery)


async def test_a_reader_sees_what_a_choice_would_have_left_out_before_it_is_saved(site: Site) -> None:
    """Of four digests two brought nothing new; one on demand comes whatever is chosen, and does not count."""
    path, form = f"/p/{site.token()}", {"locale": "de_DE", "days": ["0", "1", "2", "3", "4", "5", "6"], "act": "try"}
    none = shown(await site.post(path, data={**form, "send": "on_change"}))
    assert "Noch kam kein Bericht, also ist nichts zu zählen" in none
    for step in (False, False, True, False):
        if step:
            site.week.step()
        await fired(site.week)
    await site.week.run()
    answer = await site.post(path, data={**form, "send": "on_change", "rows": "row.value >= 20000"})
    assert answer.status_code == 200
    assert "Nicht gespeichert." in shown(answer)
    assert 'name="send" value="on_change" checked' in answer.text
    assert 'value="row.value &gt;= 20000"' in answer.text
    fit, deals = map(int, re.findall(r"(\d+) von (\d+) Deals im letzten Bericht pass", shown(answer))[0])
    assert 0 < fit < deals
    whole = shown(await site.post(path, data=form))
    assert "2 der letzten 4 wären entfallen" in whole
    assert "Deals im letzten Bericht" not in whole
    assert await site.week.services.subscriptions.choices("week") == {}
    assert "entfallen" not in shown(await site.get(path))


async def test_a_condition_that_cannot_be_read_is_said_and_counts_nothing(site: Site) -> None:
    form = {"locale": "de_DE", "days": "0", "act": "try", "rows": "row.valu > 1"}
    answer = await site.post(f"/p/{site.token()}", data=form)
    assert answer.status_code == 422
    assert "valu" in shown(answer)
    assert "entfallen" not in shown(answer)


async def test_a_link_to_unsubscribe_shows_no_counts(site: Site) -> None:
    """It never expires, and may be passed on."""
    await fired(site.week)
    form = {"locale": "de_DE", "days": "0", "act": "try"}
    answer = await site.post(f"/u/{site.token(Purpose.UNSUBSCRIBE)}", data=form)
    assert "entfallen" not in shown(answer)
    assert await site.week.services.subscriptions.preferences("week") == {}

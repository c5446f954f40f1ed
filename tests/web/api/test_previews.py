"""Previews, test sends and checks through the API: real fetches, and what each leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope
from worker.web.api.few import Few
from worker.web.api.problem import HttpRefusal

READ, TRIGGER, SUBSCRIBE, MANAGE = TokenScope


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


def files(served: ServedApi) -> dict[str, str]:
    place = served.project.place
    return {path: (place / path).read_text("utf-8") for path in ("funnelbeat.yaml", "schedules/week.yaml")}


async def test_a_preview_shows_what_a_reader_would_get_and_sends_and_stores_nothing(served: ServedApi) -> None:
    await served.project.run()
    served.project.step()
    before = await served.project.baselines()
    sent = len(served.project.box.outbox.items)
    shown = (await served.post("/schedules/week/preview", scope=TRIGGER)).json()
    assert (shown["form"], shown["gaps"], shown["message"]["data"]["changed"]) == ("html", [], True)
    assert "<html" in shown["page"]
    assert shown["plain"] == shown["message"]["data"]["text"]
    assert len(served.project.box.outbox.items) == sent
    assert await served.project.baselines() == before
    assert len((await served.get("/runs")).json()["items"]) == 1
    wrong = await served.post("/schedules/week/preview", {"entry": "nobody"}, scope=TRIGGER)
    assert (wrong.status_code, "it has team" in wrong.json()["detail"]) == (422, True)


async def test_a_draft_is_previewed_without_being_deployed_and_needs_manage(served: ServedApi) -> None:
    """A definition names a host, and this process would send it the secret."""
    given = files(served)
    given["schedules/day.yaml"] = given["schedules/week.yaml"].replace("Weekly pipeline", "Daily pipeline")
    wanted = {"files": given, "schedule": "day"}
    shown = (await served.post("/preview", wanted)).json()
    assert (shown["schedule"], shown["message"]["data"]["name"]) == ("day", "Daily pipeline")
    assert [row["schedule"] for row in (await served.get("/schedules")).json()] == ["week"]
    assert (await served.post("/preview", wanted, scope=TRIGGER)).status_code == 403
    lost = await served.post("/preview", wanted | {"schedule": "none"})
    assert (lost.status_code, lost.json()["reason"]) == (404, "not_found")


async def test_a_source_that_fails_leaves_a_preview_with_its_gap(served: ServedApi) -> None:
    served.project.box.faults.arm("* /close/*", "status", times=1000, status=403)
    shown = await served.post("/schedules/week/preview", scope=TRIGGER)
    assert (shown.status_code, {gap["query"] for gap in shown.json()["gaps"]}) == (200, {"deals", "stalled"})
    sent = (await served.post("/schedules/week/test", {"channel": "mail"}, scope=TRIGGER)).json()
    assert [gap["reason"] for gap in sent["gaps"]] == ["refused", "refused"]
    found = {one["what"]: one["level"] for one in (await served.get("/doctor")).json()}
    assert found["connection close"] == "fail"


async def test_a_test_goes_to_ones_own_address_and_to_nobody_else(served: ServedApi) -> None:
    sent = (await served.post("/schedules/week/test", {"channel": "mail"}, scope=TRIGGER)).json()
    assert (sent["failed"], sent["outcome"].startswith("sent: ")) == (False, True), sent
    [mail] = served.project.box.outbox.of("eml")
    assert mail.meta["to"] == "ann@acme.example"
    other = {"channel": "mail", "address": "bob@acme.example"}
    refused = await served.post("/schedules/week/test", other, scope=TRIGGER)
    assert (refused.status_code, refused.json()["reason"]) == (403, "forbidden")
    assert (await served.post("/schedules/week/test", other)).json()["failed"] is False
    assert [one.meta["to"] for one in served.project.box.outbox.of("eml")] == ["ann@acme.example", "bob@acme.example"]
    wrong = await served.post("/schedules/week/test", {"channel": "fax", "address": "x@acme.example"})
    assert (wrong.status_code, "'fax'" in wrong.json()["detail"]) == (422, True)
    acts = [(one["act"], one["after"]["to"]) for one in (await served.get("/audit?limit=2")).json()["items"]]
    assert acts == [("test", "mail:bob@acme.example"), ("test", "mail:ann@acme.example")]
    assert await served.project.baselines() == {}, "a test moves none"


async def test_a_test_with_an_idempotency_key_is_sent_once(served: ServedApi) -> None:
    once = {"Idempotency-Key": "try"}
    answers = [await served.post("/schedules/week/test", {"channel": "mail"}, headers=once, scope=TRIGGER)]
    answers.append(await served.post("/schedules/week/test", {"channel": "mail"}, headers=once, scope=TRIGGER))
    assert answers[0].json() == answers[1].json()
    assert len(served.project.box.outbox.of("eml")) == 1


async def test_doctor_asks_every_connection_and_channel_in_force(served: ServedApi) -> None:
    found = {one["what"]: one["level"] for one in (await served.get("/doctor")).json()}
    assert {found[what] for what in ("redis", "connection close", "deployment")} == {"ok"}
    assert any(what.startswith("channel mail") for what in found)
    assert found["workers"] == "warn"


async def test_few_long_requests_go_on_at_once_and_each_has_an_end() -> None:
    few, entered = Few(1, 0.05), asyncio.Event()

    async def stay() -> None:
        async with few.one():
            entered.set()
            await asyncio.Event().wait()

    going = asyncio.create_task(stay())
    await entered.wait()
    with pytest.raises(HttpRefusal) as busy:
        async with few.one():
            pass
    assert (busy.value.status, busy.value.reason) == (503, "busy")
    with pytest.raises(HttpRefusal) as slow:
        await going
    assert (slow.value.status, slow.value.reason, slow.value.headers["Retry-After"]) == (503, "too_slow", "60")
    async with few.one():
        going = asyncio.create_task(asyncio.sleep(0))
    await going

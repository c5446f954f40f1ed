"""Every act through the console: done, recorded, and refused without the form's own mark or the scope."""

from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from tests.support.fakes import TEAM
from tests.support.missed_slots import missed_slot
from tests.web.console.served import ServedConsole, forms
from worker.adapters.redis_server import EmbeddedRedis
from worker.documents import acts as documents
from worker.domain.access import Door, TokenScope
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunState, stamp
from worker.domain.subscription import Origin, SubscriptionRecord
from worker.flow.alert.current import current
from worker.flow.operate.on_demand import request
from worker.flow.operate.subscriptions import Added
from worker.flow.run.deliver import deliver
from worker.flow.run.produce import produce
from worker.rendering.wording import Wording
from worker.web.console.app import ACTS
from worker.web.console.subscriptions import added_words

NAMES = {
    "settle": "deliveries settle",
    "acknowledge": "alerts ack",
    "unacknowledge": "alerts unack",
    "snooze": "alerts snooze",
    "silence": "alerts silence",
    "expire": "alerts expire",
    "subscribe": "subscriptions add",
    "unsubscribe": "subscriptions remove",
    "pause-reader": "subscriptions pause",
    "resume-reader": "subscriptions resume",
}
"""Names on the audit list, where the console's differ. A rollback is offered as a deployment is."""

PLAIN = {
    "match": "rule=big",
    "days": "1",
    "comment": "known",
    "silence": "0",
    "draft": "none",
    "bundle": "0" * 64,
    "channel": "mail",
    "address": "sales@acme.example",
    "reader": "team",
}
"""Fields of all other forms."""

SCOPES = {name: scope for name, scope, _ in ACTS}


async def newest(served: ServedConsole) -> str:
    return str((await served.project.services.lookups.runs(None, 1))[0].key)


async def unknown(served: ServedConsole) -> Delivery:
    run = (await served.project.services.lookups.runs(None, 1))[0]
    rows = await served.project.services.lookups.deliveries(run.key)
    return next(row for row in rows if row.state is DeliveryState.UNKNOWN)


async def fields(served: ServedConsole, name: str) -> dict[str, str]:
    """What the form of an act says, without the mark of a session."""
    if name in {"cancel", "retry"}:
        return {"run": await newest(served)}
    if name == "settle":
        return {"delivery": str((await unknown(served)).key), "arrived": "yes"}
    if name in {"acknowledge", "unacknowledge", "snooze"}:
        return {"alert": (await current(served.project.services))[0].fingerprint}
    return {**PLAIN, "schedule": "week"}


async def csrf(client: httpx.AsyncClient) -> str:
    page = (await client.get("/console/")).text
    return forms(page)["/console/sign-out"]["csrf"]


async def acts_done(served: ServedConsole) -> list[str]:
    records = await served.project.services.audit.newest(50)
    return [record.act for record in records if record.door is Door.CONSOLE]


def test_scopes_are_those_of_the_other_doors() -> None:
    offered = {name: act.scope for name, act in documents.ACTS.items() if Door.CONSOLE in act.doors}
    assert offered == {NAMES.get(name, name): scope for name, scope in SCOPES.items() if name != "rollback"}


async def test_acts_are_refused_without_the_mark_of_their_session(troubled: ServedConsole) -> None:
    for name in SCOPES:
        await refuses_without_mark(troubled, name)
    assert await acts_done(troubled) == []


async def refuses_without_mark(troubled: ServedConsole, name: str) -> None:
    client = await troubled.signed_in()
    other = await csrf(await troubled.signed_in())
    for mark in ({}, {"csrf": ""}, {"csrf": other}, {"csrf": "\u00fc\u20ac"}):
        given = {**await fields(troubled, name), **mark}
        answer = await client.post(f"/console/acts/{name}", data=given)
        assert answer.status_code == 403
    own = {**await fields(troubled, name), "csrf": await csrf(client)}
    elsewhere = await client.post(f"/console/acts/{name}", data=own, headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    assert (await client.get(f"/console/acts/{name}")).status_code == 405
    assert (await troubled.browser().post(f"/console/acts/{name}", data=own)).status_code == 401


async def test_acts_are_refused_without_their_scope(troubled: ServedConsole) -> None:
    client = await troubled.signed_in(TokenScope.READ)
    mark = {"csrf": await csrf(client)}
    for name, scope in SCOPES.items():
        answer = await client.post(f"/console/acts/{name}", data={**await fields(troubled, name), **mark})
        assert answer.status_code == 403
        assert str(scope) in answer.text
    assert await acts_done(troubled) == []


async def test_a_schedule_is_paused_and_resumed_by_its_forms(served: ServedConsole) -> None:
    client = await served.signed_in()
    page = (await client.get("/console/schedule/week")).text
    answer = await client.post("/console/acts/pause", data={**forms(page)["/console/acts/pause"], "days": "7"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/schedule/week")
    paused = (await client.get("/console/schedule/week")).text
    assert "Paused until" in paused
    assert 'role="status"' in paused
    assert 'role="status"' not in (await client.get("/console/schedule/week")).text
    await client.post("/console/acts/resume", data=forms(paused)["/console/acts/resume"])
    assert await served.project.services.clock.pauses() == {}
    assert await acts_done(served) == ["resume", "pause"]


async def test_a_run_is_triggered_once_by_two_clicks(served: ServedConsole) -> None:
    client = await served.signed_in()
    form = forms((await client.get("/console/schedule/week")).text)["/console/acts/trigger"]
    one, two = [await client.post("/console/acts/trigger", data=form) for _ in range(2)]
    assert one.headers["location"] == two.headers["location"]
    page = await client.get(one.headers["location"])
    assert page.status_code == 200
    assert "queued" in page.text
    assert len(await served.project.services.lookups.runs("week", 10)) == 1


async def test_a_missed_slot_is_run_once_by_two_clicks(served: ServedConsole, empty_redis: EmbeddedRedis) -> None:
    client, slot = await served.signed_in(), await missed_slot(served.project.services, empty_redis.url)
    for place in ("schedule/week", f"explain/week@{stamp(slot)}"):
        page = (await client.get(f"/console/{place}")).text
        assert f'<option value="{stamp(slot)}">' in page
        assert "Run this missed slot" in page
    reads = await served.signed_in(TokenScope.READ)
    assert "Run this missed slot" not in (await reads.get("/console/schedule/week")).text
    form = {**forms(page)["/console/acts/trigger"], "for_slot": stamp(slot)}
    one, two = [await client.post("/console/acts/trigger", data=form) for _ in range(2)]
    assert one.headers["location"] == two.headers["location"] == f"/console/run/week@{quote(stamp(slot), safe=':')}"
    assert "queued" in (await client.get(one.headers["location"])).text
    assert "Run this missed slot" not in (await client.get("/console/schedule/week")).text
    for wrong, said in (("soon", "expected an instant"), ("2001-01-01T09:00:00Z", "is no missed slot")):
        await client.post("/console/acts/trigger", data={**form, "for_slot": wrong, "once": ""})
        assert said in (await client.get("/console/schedule/week")).text


def test_what_check_would_warn_of_is_said_of_a_new_subscription() -> None:
    """As the command line says it."""
    record = SubscriptionRecord("week", TEAM, Origin.API, "ann", datetime(2026, 11, 16, tzinfo=UTC))
    added = Added(record, ("head",), ("no words of the language `hu`; write another locale",))
    assert added_words(Wording("en_GB", "UTC"), added) == (
        f"{TEAM.address} is subscribed to week. Other entries reach the same address: head."
        " Warning: no words of the language `hu`; write another locale."
    )


async def test_what_was_refused_is_tried_again(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()
    path = f"/console/run/{quote(await newest(troubled))}"
    settled = await unknown(troubled)
    form = forms((await client.get(path)).text)["/console/acts/settle"]
    assert form["delivery"] == str(settled.key)
    await client.post("/console/acts/settle", data={**form, "arrived": "yes"})
    row = await troubled.project.services.lookups.delivery(settled.key)
    assert row is not None
    assert row.state is DeliveryState.SENT
    form = forms((await client.get(path)).text)["/console/acts/retry"]
    assert (await client.post("/console/acts/retry", data=form)).status_code == 303
    assert "sent again" in (await client.get(path)).text
    rows = await troubled.project.services.lookups.deliveries(settled.key.run)
    assert {row.state for row in rows if "boss" in row.key.reader} == {DeliveryState.PENDING}
    assert await acts_done(troubled) == ["retry", "deliveries settle"]


async def test_a_run_that_waits_is_cancelled_and_one_that_is_over_is_not(served: ServedConsole) -> None:
    client = await served.signed_in()
    asked = forms((await client.get("/console/schedule/week")).text)["/console/acts/trigger"]
    path = (await client.post("/console/acts/trigger", data=asked)).headers["location"]
    form = forms((await client.get(path)).text)["/console/acts/cancel"]
    assert "/console/acts/cancel" not in (await (await served.signed_in(TokenScope.TRIGGER)).get(path)).text
    answer = await client.post("/console/acts/cancel", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    page = (await client.get(path)).text
    assert "Nothing of it is sent." in page
    assert "/console/acts/cancel" not in forms(page)
    (run,) = await served.project.services.lookups.runs("week", 10)
    assert (run.state, run.reason) == (RunState.SKIPPED, Reason.CANCELLED)
    await client.post("/console/acts/cancel", data=form)
    assert "only a run that is claimed, fetching or delivering can be cancelled" in (await client.get(path)).text
    assert await acts_done(served) == ["cancel", "trigger"]


async def test_of_a_run_that_is_delivering_what_waits_is_cancelled(troubled: ServedConsole) -> None:
    client, services = await troubled.signed_in(), troubled.project.services
    key = await request(services, "week", None, None)
    await deliver(services, next(one for one in await produce(services, key) if "room" in one.reader))
    path = f"/console/run/{quote(await newest(troubled))}"
    await client.post("/console/acts/cancel", data=forms((await client.get(path)).text)["/console/acts/cancel"])
    (record,) = await troubled.project.services.audit.newest(1)
    assert (record.act, record.before, record.after) == ("cancel", {"state": "delivering"}, {"deliveries": "2"})
    assert "Cancelled: 2 messages are not sent. What was sent stays." in (await client.get(path)).text
    rows = {row.key.reader: row.state for row in await services.lookups.deliveries(key)}
    assert rows["room|C0123456789"] is DeliveryState.SENT
    assert rows["team|sales@acme.example"] is DeliveryState.SKIPPED


async def test_an_act_that_cannot_be_done_says_why(served: ServedConsole) -> None:
    client = await served.signed_in()
    mark = {"csrf": await csrf(client), "back": "schedule/week"}
    for name, given, said in (
        ("pause", {"schedule": "week", "days": "3"}, "expected one of"),
        ("trigger", {"schedule": "nothing"}, "nothing"),
        ("settle", {"delivery": "x", "arrived": "perhaps"}, "expected yes or no"),
        ("retry", {"run": ""}, "found nothing"),
    ):
        answer = await client.post(f"/console/acts/{name}", data={**mark, **given})
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/schedule/week")
        page = (await client.get("/console/schedule/week")).text
        assert 'role="alert"' in page
        assert said in page
    assert await acts_done(served) == []
    answer = await client.post("/console/acts/retry", data={**mark, "back": "//evil.example"})
    assert answer.headers["location"].startswith("/console/")


async def test_a_form_that_is_too_long_does_nothing(served: ServedConsole) -> None:
    client = await served.signed_in()
    given = {"csrf": await csrf(client), "schedule": "week", "more": "x" * 10_000}
    answer = await client.post("/console/acts/pause", data=given)
    assert (answer.status_code, "more than 8,192 bytes" in answer.text) == (422, True)
    assert await acts_done(served) == []


async def test_an_alert_is_acknowledged_snoozed_and_silenced_by_its_forms(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()

    async def submit(page: str, name: str, **more: str) -> str:
        shown = (await client.get(page)).text
        assert f'action="/console/acts/{name}"' in shown
        answer = await client.post(f"/console/acts/{name}", data={"csrf": await csrf(client), **more})
        return (await client.get(answer.headers["location"])).text

    one = (await current(troubled.project.services))[0].fingerprint
    alone = f"/console/alerts?match=fingerprint%3D{one}"
    assert "is acknowledged" in await submit(alone, "acknowledge", alert=one)
    assert [row.ack.by for row in await current(troubled.project.services) if row.ack] == ["manage"]
    assert "no longer acknowledged" in await submit(alone, "unacknowledge", alert=one)
    assert "is quiet until" in await submit(alone, "snooze", alert=one)
    preview = "/console/alerts?match=rule%3Dbig"
    alerts = len(await current(troubled.project.services))
    assert f"keeps {alerts} alerts quiet" in (await client.get(preview)).text
    assert "Silenced" in await submit(preview, "silence", match="rule=big", comment="known", days="1")
    assert [row for row in await current(troubled.project.services) if row.quiet is None] == []
    made = max(await troubled.project.services.alerts.silences(), key=lambda silence: silence.starts)
    assert "is over" in await submit("/console/alerts", "expire", silence=made.id)
    assert await acts_done(troubled) == [
        "alerts expire",
        "alerts silence",
        "alerts snooze",
        "alerts unack",
        "alerts ack",
    ]
    wrong = await client.get("/console/alerts", params={"match": 'owner="'})
    assert wrong.status_code == 422
    assert "quotes" in wrong.text

"""The HTTP API over a real socket: reads, acts, tokens, and what is refused."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.support.missed_slots import missed_slot
from tests.web.api.served import ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.adapters.redis_store.first_answers import TURN, RedisFirstAnswers
from worker.domain.access import TokenScope
from worker.domain.run import stamp
from worker.errors import LedgerUnavailable
from worker.web.api.guard import PER_MINUTE, WRONG_PER_MINUTE

READ, TRIGGER, SUBSCRIBE, MANAGE = TokenScope


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


def reason(body: dict[str, Any]) -> str:
    return str(body["reason"])


async def test_a_run_is_listed_and_shown_with_its_bridge_in_major_units(served: ServedApi) -> None:
    await served.project.run()
    served.project.box.pipeline.step(served.project.box.now())
    await served.project.run()
    listed = (await served.get("/runs", scope=READ)).json()
    assert [run["state"] for run in listed["items"]] == ["delivered", "delivered"]
    assert listed["next"] is None
    shown = (await served.get(f"/runs/{listed['items'][0]['key']}", scope=READ)).json()
    terms = shown["bridge"]["EUR"]
    assert terms["closing"]["currency"] == "EUR"
    into, out = ["opening", "new", "reopened", "moved_in", "stalled_in", "converted_in", "raised"], ["closing"]
    amounts = {name: float(term["amount"]) for name, term in terms.items()}
    assert sum(amounts[name] for name in into) - sum(v for k, v in amounts.items() if k not in {*into, *out}) == (
        pytest.approx(amounts["closing"])
    )
    rows = (await served.get(f"/runs/{shown['key']}/deliveries", scope=READ)).json()
    assert rows == shown["deliveries"]
    assert [row["state"] for row in rows] == ["sent"]


async def test_runs_are_read_in_pages(served: ServedApi) -> None:
    for _ in range(3):
        await served.project.run()
    first = (await served.get("/runs?limit=2")).json()
    rest = (await served.get("/runs", params={"limit": 2, "cursor": first["next"]})).json()
    keys = [run["key"] for run in (*first["items"], *rest["items"])]
    assert keys == sorted(keys, reverse=True)
    assert (len(set(keys)), rest["next"]) == (3, None)
    lost = await served.get("/runs", params={"cursor": "week@2020-01-01T00:00:00Z"})
    assert (lost.status_code, reason(lost.json())) == (404, "not_found")


async def test_what_did_not_change_is_not_sent_again(served: ServedApi) -> None:
    first = await served.get("/schedules")
    again = await served.get("/schedules", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await served.post("/schedules/week/pause")
    changed = await served.get("/schedules", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()[0]["paused"]) == (200, True)


async def test_a_run_is_queued_once_for_one_idempotency_key(served: ServedApi) -> None:
    once = {"Idempotency-Key": "monday"}
    answers = [await served.post("/schedules/week/trigger", headers=once, scope=TRIGGER) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert [run["key"] for run in (await served.get("/runs")).json()["items"]] == [answers[0].json()["key"]]
    other = await served.post("/schedules/week/trigger", {"at": "2026-01-01T00:00:00Z"}, headers=once, scope=TRIGGER)
    assert (other.status_code, reason(other.json())) == (422, "idempotency_key_reused")


async def test_every_act_with_an_idempotency_key_is_done_once_and_answered_alike(served: ServedApi) -> None:
    once = {"Idempotency-Key": "ann"}
    body = {"entry": {"channel": "mail", "address": "ann@acme.example"}}
    first, again = [await served.post("/schedules/week/subscriptions", body, headers=once) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (await served.post("/schedules/week/subscriptions", body)).status_code == 422, "it is there already"
    lost = {"entry": {"channel": "mail", "address": "bob@acme.example", "template": "nothing"}}
    refused = await served.post("/schedules/week/subscriptions", lost)
    assert refused.status_code == 422
    assert "there is no template nothing/email." in refused.json()["detail"]
    other = await served.post("/schedules/week/pause", headers=once)
    assert (other.status_code, reason(other.json())) == (422, "idempotency_key_reused")
    own = await served.post("/schedules/week/trigger", headers=once, scope=TRIGGER)
    assert own.status_code == 202, "each token has keys of its own"
    wrong = {"Idempotency-Key": "k" * 201}
    assert (await served.post("/schedules/week/pause", headers=wrong)).status_code == 422


async def test_a_refusal_is_not_kept_and_a_secret_is_not_shown_twice(served: ServedApi) -> None:
    once = {"Idempotency-Key": "early"}
    body = {"name": "ci", "scopes": ["read"]}
    assert (await served.post("/tokens", body, headers=once, scope=READ)).status_code == 403
    for scope in (READ, MANAGE):
        assert (await served.post("/runs/week@latest/retry", headers=once, scope=scope)).status_code in {403, 404}
    await served.project.run()
    assert (await served.post("/runs/week@latest/retry", headers=once)).status_code == 200
    made, again = [await served.post("/tokens", body, headers={"Idempotency-Key": "ci"}) for _ in range(2)]
    assert (made.status_code, again.status_code, reason(again.json())) == (201, 409, "conflict")
    assert made.json()["token"] not in str(await served.project.services.audit.newest(10))


async def test_an_act_whose_answer_was_lost_is_done_once(
    served: ServedApi, redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ended after the act and before its answer was kept."""

    async def killed(*_given: object) -> None:
        raise LedgerUnavailable("it ended here")

    once, body = {"Idempotency-Key": "killed"}, {"at": "2026-01-01T00:00:00Z"}
    with monkeypatch.context() as patched:
        patched.setattr(RedisFirstAnswers, "keep", killed)
        assert (await served.post("/schedules/week/trigger", body, headers=once)).status_code == 503
    busy = await served.post("/schedules/week/trigger", body, headers=once)
    assert (busy.status_code, reason(busy.json()), busy.headers["retry-after"]) == (409, "conflict", "1")
    [name] = [name async for name in redis_client.scan_iter(match="acme:answer:*")]
    await redis_client.hincrby(name, "turn", -TURN)
    done = await served.post("/schedules/week/trigger", body, headers=once)
    assert [run["key"] for run in (await served.get("/runs")).json()["items"]] == [done.json()["key"]]


async def test_a_missed_slot_is_run_as_by_the_command_line(served: ServedApi) -> None:
    """Once by the same key; a slot that was not missed, and one beside an instant, are refused with a sentence."""
    slot = await missed_slot(served.project.services, served.redis_url)
    body, once = {"for_slot": stamp(slot)}, {"Idempotency-Key": "late"}
    for wrong, words in (
        ({"for_slot": "2001-01-01T09:00:00Z"}, "is no missed slot of week"),
        ({**body, "at": "2026-01-01T00:00:00Z"}, "for_slot beside at"),
    ):
        answer = await served.post("/schedules/week/trigger", wrong)
        assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    first, again = [await served.post("/schedules/week/trigger", body, headers=once) for _ in range(2)]
    assert (first.status_code, first.json()) == (202, {"key": f"week@{stamp(slot)}"})
    assert again.json() == first.json()
    late = await served.post("/schedules/week/trigger", body)
    assert (late.status_code, "is no missed slot" in late.json()["detail"]) == (422, True)
    assert await served.project.services.lookups.missed("week", 10) == ()
    (record,) = [one for one in await served.project.services.audit.newest(10) if one.act == "trigger"]
    assert record.after == {"run": f"week@{stamp(slot)}"}


async def test_schedules_are_listed_by_tags_and_owner(served: ServedApi) -> None:
    file = served.project.place / "schedules" / "week.yaml"
    (file.parent / "day.yaml").write_text(
        f"owner: Mara Lee\ntags: [sales, daily]\n{file.read_text('utf-8')}", encoding="utf-8"
    )
    await served.project.deploy()

    async def listed(query: str) -> list[str]:
        return [row["schedule"] for row in (await served.get(f"/schedules?{query}", scope=READ)).json()]

    assert await listed("") == ["day", "week"]
    assert await listed("tag=sales&tag=daily&owner=mara%20lee") == ["day"]
    assert await listed("tag=sales&tag=weekly") == []
    assert await listed("owner=nobody") == []
    for query, place in {"owner=": "query.owner", "tag=": "query.tag.0", "tag=sales&tag=": "query.tag.1"}.items():
        refused = await served.get(f"/schedules?{query}", scope=READ)
        told = (refused.status_code, refused.json()["detail"])
        assert told == (422, f"{place}: found an empty value, expected one, or leave it out")
    blank = await served.get("/schedules?owner=%20", scope=READ)
    assert blank.json()["detail"] == "query.owner: found an empty value, expected one, or leave it out"
    for path in (
        *("/runs?schedule=", "/alerts?match=", "/schedules/day/baselines?reader=", "/subscriptions?schedule="),
        *("/runs?schedule=%20", "/alerts?match=%09", "/schedules/day/baselines?query=%20", "/schedules?tag=%20"),
    ):
        assert (await served.get(path, scope=READ)).status_code == 422, path
    day, week = (await served.get("/schedules", scope=READ)).json()
    assert (day["owner"], day["tags"]) == ("Mara Lee", ["sales", "daily"])
    assert (week["owner"], week["tags"]) == (None, [])


async def test_a_deployment_is_refused_when_another_one_came_in_between(served: ServedApi) -> None:
    place = served.project.place
    files = {path: (place / path).read_text("utf-8") for path in ("funnelbeat.yaml", "schedules/week.yaml")}
    tag = {"If-Match": (await served.get("/deployment")).headers["etag"]}
    files["schedules/day.yaml"] = files["schedules/week.yaml"]
    made = await served.post("/deployments", {"files": files}, headers=tag)
    assert (made.status_code, made.json()["added"]) == (201, ["day"])
    late = await served.post("/deployments", {"files": files}, headers=tag)
    assert (late.status_code, reason(late.json())) == (412, "changed")
    assert {row["schedule"] for row in (await served.get("/schedules")).json()} == {"day", "week"}


async def test_of_two_deployments_at_once_upon_the_same_one_only_one_comes_in_force(served: ServedApi) -> None:
    place = served.project.place
    files = {path: (place / path).read_text("utf-8") for path in ("funnelbeat.yaml", "schedules/week.yaml")}
    for _ in range(5):
        tag = {"If-Match": (await served.get("/deployment")).headers["etag"]}
        texts = [files["schedules/week.yaml"] + f"# {secrets.token_hex(4)}\n" for _ in range(3)]
        texts = [text.replace("Weekly pipeline", f"Pipeline {secrets.token_hex(4)}") for text in texts]
        answers = await asyncio.gather(
            *(
                served.post("/deployments", {"files": files | {"schedules/week.yaml": text}}, headers=tag)
                for text in texts
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 412, 412]


async def test_if_match_takes_several_tags_and_a_star_for_any_deployment(served: ServedApi) -> None:
    place = served.project.place
    files = {path: (place / path).read_text("utf-8") for path in ("funnelbeat.yaml", "schedules/week.yaml")}
    tag = (await served.get("/deployment")).headers["etag"]
    for match, status in ((f'"other", {tag}', 201), ("*", 201), ('"other", "more"', 412), ("nonsense", 412)):
        answer = await served.post("/deployments", {"files": files}, headers={"If-Match": match})
        assert answer.status_code == status, match


async def test_baselines_are_not_reset_if_they_moved_since_somebody_looked(served: ServedApi) -> None:
    await served.project.run()
    path = "/schedules/week/baselines"
    tag = {"If-Match": (await served.get(f"{path}?query=deals")).headers["etag"]}
    await served.project.run()
    late = await served.post(f"{path}/reset", {"query": "deals"}, headers=tag)
    assert (late.status_code, reason(late.json())) == (412, "changed")
    now = {"If-Match": (await served.get(f"{path}?query=deals")).headers["etag"]}
    assert (await served.post(f"{path}/reset", {"query": "deals"}, headers=now)).status_code == 200


async def test_a_draft_is_checked_with_places_and_other_paths_are_refused(served: ServedApi) -> None:
    wrong = {"files": {"funnelbeat.yaml": "project: acme\nchanels: {}\n"}}
    found = (await served.post("/check", wrong)).json()
    assert [(one["path"], one["line"]) for one in found["complaints"]] == [("funnelbeat.yaml", 2), ("schedules", 1)]
    refused = await served.post("/deployments", wrong)
    assert (refused.status_code, reason(refused.json())) == (422, "definition")
    place = served.project.place
    files = {path: (place / path).read_text("utf-8") for path in ("funnelbeat.yaml", "schedules/week.yaml")}
    planned = (await served.post("/plan", {"files": files, "days": 7})).json()
    assert {run["schedule"] for run in planned["runs"]} == {"week"}
    files["funnelbeat.yaml"] = files["funnelbeat.yaml"].replace("project: acme", "project: other")
    other = await served.post("/plan", {"files": files})
    assert (other.status_code, "'acme'" in other.json()["detail"]) == (422, True), other.text
    for path in ("../x.yaml", "/etc/x", "schedules/../../x.yaml", "schedules", ".env", "schedules//x.yaml"):
        answer = await served.post("/check", {"files": {path: "x"}})
        assert (answer.status_code, reason(answer.json())) == (422, "request"), path


async def test_a_schedule_is_paused_and_resumed_and_both_stand_on_the_audit_list(served: ServedApi) -> None:
    paused = (await served.post("/schedules/week/pause", {"until": "2099-01-01T00:00:00+01:00"})).json()
    assert (paused["paused"], paused["until"]) == (True, "2098-12-31T23:00:00Z")
    resumed = (await served.post("/schedules/week/resume")).json()
    assert (resumed["paused"], resumed["was_paused"]) == (False, True)
    acts = (await served.get("/audit", scope=READ)).json()["items"]
    assert [(act["act"], act["door"], act["who"]) for act in acts[:2]] == [
        ("resume", "api", "manage"),
        ("pause", "api", "manage"),
    ]


async def test_ones_own_address_is_subscribed_and_nobody_elses(served: ServedApi) -> None:
    own = {"entry": {"channel": "mail", "address": "ann@acme.example"}}
    made = await served.post("/schedules/week/subscriptions", own, scope=SUBSCRIBE)
    assert (made.status_code, made.json()["reader"]) == (201, "mail:ann@acme.example|ann@acme.example")
    paused = await served.post("/schedules/week/subscriptions/ann@acme.example/pause", scope=SUBSCRIBE)
    assert paused.json()["paused"] is True
    others = {"entry": {"channel": "mail", "address": "eve@acme.example"}}
    assert (await served.post("/schedules/week/subscriptions", others, scope=SUBSCRIBE)).status_code == 403
    team = await served.post("/schedules/week/subscriptions/team/pause", scope=SUBSCRIBE)
    assert (team.status_code, reason(team.json())) == (403, "forbidden")
    guessed = await served.post("/schedules/week/subscriptions/nobody/pause", scope=SUBSCRIBE)
    assert (guessed.status_code, guessed.json()) == (403, team.json()), "nobody learns which readers there are"
    gone = await served.ask("DELETE", "/schedules/week/subscriptions/ann@acme.example", SUBSCRIBE)
    assert gone.json()["removed"] is True
    states = [row["state"] for row in (await served.get("/subscriptions")).json()]
    assert states == ["active"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "why"),
    [
        ("GET", "/runs/nonsense", None, 404, "not_found"),
        ("GET", "/nothing", None, 404, "not_found"),
        ("DELETE", "/runs", None, 405, "method_not_allowed"),
        ("POST", "/schedules/nobody/trigger", {}, 404, "not_found"),
        ("POST", "/schedules/week/trigger", {"at": "2099-01-01T00:00:00Z"}, 422, "request"),
        ("POST", "/schedules/week/trigger", {"at": "2026-01-01T00:00:00"}, 422, "request"),
        ("POST", "/schedules/week/trigger", {"att": "now"}, 422, "request"),
        ("POST", "/schedules/week/pause", {"until": "2020-01-01T00:00:00Z"}, 422, "request"),
        ("POST", "/deliveries/nonsense/settle", {"arrived": True}, 422, "request"),
        ("GET", "/runs?limit=0", None, 422, "request"),
        ("GET", "/runs?limits=1", None, 422, "request"),
        ("GET", "/runs?schedule=week&schedule=day", None, 422, "request"),
    ],
)
async def test_what_is_wrong_is_a_problem_document_with_one_sentence(
    served: ServedApi, method: str, path: str, body: Any, status: int, why: str
) -> None:
    answer = await served.ask(method, path, **({} if body is None else {"json": body}))
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["reason"]) == (status, status, why)
    assert problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "detail"),
    [
        ("GET", "/runs?limit=abc", None, "query.limit: expected a whole number"),
        ("GET", "/runs?limit=0", None, "query.limit: expected 1 or more"),
        (
            "POST",
            "/schedules/week/pause",
            {"until": "soon"},
            "body.until: expected an instant with an offset, such as 20",
        ),
        (
            "POST",
            "/schedules/week/pause",
            {"until": "2099-01-01T00:00:00"},
            "body.until: expected an instant with an off",
        ),
        ("POST", "/schedules/week/trigger", {"att": "now"}, "body.att: no such key; leave it out"),
        ("POST", "/silences", {}, "body.matchers: it is missing"),
        ("GET", "/nothing", None, "no request has this path; GET /api/v1/openapi.json describes all of them"),
    ],
)
async def test_what_is_wrong_is_said_in_plain_words(
    served: ServedApi, method: str, path: str, body: Any, detail: str
) -> None:
    answer = await served.ask(method, path, **({} if body is None else {"json": body}))
    assert detail in answer.json()["detail"]


async def test_a_token_is_needed_and_allows_only_what_it_says(served: ServedApi) -> None:
    nobody = await served.get("/runs", scope=None)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    wrong = await served.get("/runs", scope=None, headers={"Authorization": "Bearer fb_00000000_" + "a" * 43})
    assert (wrong.status_code, reason(wrong.json())) == (401, "unauthorized")
    assert (await served.get("/runs", scope=TRIGGER)).status_code == 403
    assert (await served.post("/schedules/week/pause", scope=READ)).status_code == 403
    assert (await served.get("/schedules", scope=READ)).json()[0]["paused"] is False


async def test_a_client_that_comes_too_often_is_told_when_to_come_again(served: ServedApi) -> None:
    for _ in range(WRONG_PER_MINUTE):
        assert (await served.get("/runs", scope=None)).status_code == 401
    limited = await served.get("/runs", scope=None)
    assert (limited.status_code, limited.headers["retry-after"], reason(limited.json())) == (429, "60", "rate_limited")
    assert (await served.get("/schedules", scope=READ)).status_code == 200, "a token that works is counted by itself"
    served.clock[0] += 60
    assert (await served.get("/runs", scope=None)).status_code == 401
    for _ in range(PER_MINUTE):
        assert (await served.get("/nothing/here", scope=READ)).status_code == 404
    assert (await served.get("/schedules", scope=READ)).status_code == 200, "a path that is not there costs nothing"

"""What readers were told, through the API: as JSON, as each channel shows it, and byte for byte."""

import hashlib
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.in_process import SCHEDULE
from tests.web.api.served import OPS, ServedApi, served_api
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope
from worker.flow.operate.access_tokens import add_token

READ, TRIGGER, SUBSCRIBE, MANAGE = TokenScope
OWNERS = SCHEDULE + "  - {id: ann, channel: mail, address: Ann@acme.example}\n"
TEAM, ANN = "week@latest/team|sales@acme.example", "week@latest/ann|Ann@acme.example"


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        await made.project.deploy(OWNERS)
        await made.project.run()
        made.project.step()
        await made.project.run()
        yield made


async def test_the_digests_of_a_run_are_read_in_pages_and_one_by_one(served: ServedApi) -> None:
    first = (await served.get("/runs/week@latest/digests?limit=1", scope=READ)).json()
    rest = (await served.get("/runs/week@latest/digests", params={"cursor": first["next"]})).json()
    readers = [one["reader"] for one in (*first["items"], *rest["items"])]
    assert readers == ["ann|Ann@acme.example", "team|sales@acme.example"]
    one = await served.get(f"/deliveries/{ANN}/digest", scope=READ)
    assert one.json() == first["items"][0]["message"]
    assert (one.json()["type"], one.json()["data"]["schedule"]) == ("digest", "week")
    shown = (await served.get("/runs/week@latest")).json()["bridge"]["EUR"]["closing"]["amount"]
    [bridge] = one.json()["data"]["bridges"]
    assert f"{bridge['closing'] / 10 ** bridge['digits']:.2f}" == shown
    delivery = (await served.get(f"/deliveries/{ANN}", scope=READ)).json()
    assert (delivery["key"], delivery["state"]) == (first["items"][0]["delivery"], "sent")


async def test_a_message_is_shown_as_each_channel_shows_it(served: ServedApi) -> None:
    path = f"/deliveries/{TEAM}/message"
    html, plain = await served.get(path, scope=READ), await served.get(f"{path}?form=plain", scope=READ)
    assert (html.headers["content-type"], plain.headers["content-type"]) == (
        "text/html; charset=utf-8",
        "text/plain; charset=utf-8",
    )
    assert html.text.lstrip().startswith("<!")
    assert "Weekly pipeline" in plain.text
    assert "<" not in plain.text.splitlines()[0]
    posts = await served.get(f"{path}?channel=chat&address=C0123456789", scope=READ)
    assert posts.headers["content-type"] == "application/json"
    assert {"type", "text"} <= set(posts.json()[0]["blocks"][0])
    wrong = await served.get(f"{path}?channel=fax", scope=READ)
    assert (wrong.status_code, "'fax'" in wrong.json()["detail"]) == (422, True)


async def test_a_browser_can_run_nothing_of_a_message_and_load_nothing(served: ServedApi) -> None:
    """The deals of the sandbox are called like scripts and markup."""
    for form in ("page", "plain"):
        answer = await served.get(f"/deliveries/{TEAM}/message?form={form}")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none'")
        assert "allow-scripts" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["etag"]
        known = await served.get(
            f"/deliveries/{TEAM}/message?form={form}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert known.status_code == 304


async def test_a_part_is_downloaded_byte_for_byte_as_it_was_handed_over(served: ServedApi) -> None:
    again = (await served.get(f"/deliveries/{TEAM}/replay", scope=READ)).json()
    assert (again["equal"], again["causes"]) == (True, [])
    part = await served.get(f"/deliveries/{TEAM}/parts/0")
    assert part.headers["content-type"] == "message/rfc822"
    assert part.headers["content-disposition"].startswith('attachment; filename="week-')
    digest = hashlib.sha256(part.content)
    assert digest.hexdigest() == again["parts"][0]["sha256"]
    assert b64decode(part.headers["repr-digest"].removeprefix("sha-256=:").removesuffix(":")) == digest.digest()
    received = [mail.body for mail in served.project.box.outbox.of("eml")]

    assert part.content in received
    assert (await served.get(f"/deliveries/{TEAM}/parts/1")).status_code == 404


async def test_what_cannot_be_made_again_as_it_was_is_not_given_out(served: ServedApi) -> None:
    before = (await served.get(f"/deliveries/{TEAM}/digest")).json()
    gone = before["data"]["moves"][0]["key"]
    assert (await served.post("/forget", {"what": gone})).json()["answers"] > 0
    again = (await served.get(f"/deliveries/{TEAM}/replay")).json()
    assert (again["equal"], "forgotten on request" in " ".join(again["causes"])) == (False, True)
    part = await served.get(f"/deliveries/{TEAM}/parts/0")
    assert (part.status_code, "forgotten on request" in part.json()["detail"]) == (404, True)
    assert gone not in json.dumps((await served.get(f"/deliveries/{TEAM}/digest")).json())


async def test_ones_own_digest_is_seen_with_the_scope_subscribe_and_nobody_elses(served: ServedApi) -> None:
    for what in ("digest", "message"):
        own = await served.get(f"/deliveries/{ANN}/{what}", scope=SUBSCRIBE)
        assert own.status_code == 200, own.text
        for other in (TEAM, "week@latest/nobody|else@acme.example", "week@latest/team", "nonsense"):
            refused = await served.get(f"/deliveries/{other}/{what}", scope=SUBSCRIBE)
            assert (refused.status_code, refused.json()["reason"]) == (403, "forbidden"), other
    nameless = (await add_token(served.project.services, OPS, "read", [READ, TRIGGER]))[1]
    for path in (f"/deliveries/{ANN}/parts/0",):
        for scope in (READ, TRIGGER, SUBSCRIBE):
            assert (await served.get(path, scope=scope)).status_code == 403, "it holds the reader's own links"
        assert (await served.get(path, scope=None, headers={"Authorization": f"Bearer {nameless}"})).status_code == 403
    assert (await served.get("/runs/week@latest/digests", scope=SUBSCRIBE)).status_code == 403


async def test_what_was_never_handed_over_has_no_bytes(served: ServedApi) -> None:
    lost = await served.get("/deliveries/week@latest/nobody|x/replay")
    assert (lost.status_code, lost.json()["reason"]) == (404, "not_found")
    wrong = await served.get("/deliveries/nonsense/replay")
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "request")

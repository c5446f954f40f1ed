"""Signing in and out: cookies, where one is led, and what is refused."""

from datetime import timedelta

import httpx
import pytest

from tests.web.console.served import OPS, ServedConsole, forms
from worker.domain.access import TokenScope
from worker.flow.operate.access_tokens import revoke_token
from worker.web.console.cookie import LOOPBACK_NAME, NAME
from worker.web.console.door import place_of
from worker.web.console.sessions import LASTS
from worker.web.limit import TRIES


async def test_nothing_is_shown_without_a_session(served: ServedConsole) -> None:
    for page in ("", "schedules", "runs", "alerts", "subscriptions", "audit", "schedule/week", "message/x@y/z"):
        answer = await served.browser().get(f"/console/{page}")
        assert answer.status_code == 401
        assert "Weekly pipeline" not in answer.text
        assert 'name="token"' in answer.text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(served: ServedConsole) -> None:
    answer = await served.browser().post("/console/sign-in", data={"token": served.tokens[TokenScope.READ]})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{LOOPBACK_NAME}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert served.tokens[TokenScope.READ] not in cookie


@pytest.mark.parametrize("headers", [{"x-forwarded-proto": "https"}, {"host": "digests.acme.example"}])
async def test_the_cookie_is_secure_away_from_loopback(served: ServedConsole, headers: dict[str, str]) -> None:
    answer = await served.browser().post(
        "/console/sign-in", data={"token": served.tokens[TokenScope.READ]}, headers=headers
    )
    assert answer.headers["set-cookie"].startswith(f"{NAME}=")
    assert "Secure" in answer.headers["set-cookie"]


async def test_a_session_that_somebody_else_named_is_not_taken_up(served: ServedConsole) -> None:
    client = served.browser()
    client.cookies.set(LOOPBACK_NAME, "chosen-by-an-attacker")
    answer = await client.post("/console/sign-in", data={"token": served.tokens[TokenScope.READ]})
    assert answer.cookies[LOOPBACK_NAME] != "chosen-by-an-attacker"
    attacker = served.browser()
    attacker.cookies.set(LOOPBACK_NAME, "chosen-by-an-attacker")
    assert (await attacker.get("/console/")).status_code == 401


async def test_a_new_sign_in_ends_the_session_before(served: ServedConsole) -> None:
    client = await served.signed_in()
    before = client.cookies[LOOPBACK_NAME]
    await client.post("/console/sign-in", data={"token": served.tokens[TokenScope.READ]})
    old = served.browser()
    old.cookies.set(LOOPBACK_NAME, before)
    assert (await old.get("/console/")).status_code == 401


ELSEWHERE = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "%2F%2Fevil.example",
    "runs\r\nSet-Cookie: x=1",
    "../../evil",
    "\t//evil.example",
    "@evil.example",
)


async def test_a_sign_in_leads_to_pages_of_the_console_alone(served: ServedConsole) -> None:
    for written in ELSEWHERE:
        given = {"token": served.tokens[TokenScope.READ], "next": written}
        answer = await served.browser().post("/console/sign-in", data=given)
        assert answer.status_code == 303
        place = httpx.URL(served.base).join("/console/sign-in").join(answer.headers["location"])
        assert str(place).startswith(f"{served.base}/console/")
        assert "set-cookie: x" not in str(answer.headers).lower()


def test_pages_below_the_root_are_led_to() -> None:
    assert place_of("run/week@2026-11-30T02:47:28.017Z%2Bmanual.50f8a397?reader=team%7Csales@acme.example&form=dark")
    assert place_of("/runs?schedule=week") == "runs?schedule=week"
    assert place_of("x" * 900) == ""


async def test_a_sign_in_leads_to_the_page_that_was_asked_for(served: ServedConsole) -> None:
    client = served.browser()
    form = forms((await client.get("/console/runs?schedule=week")).text)["/console/sign-in"]
    answer = await client.post("/console/sign-in", data={**form, "token": served.tokens[TokenScope.READ]})
    assert answer.headers["location"] == "/console/runs?schedule=week"


async def test_wrong_tokens_are_refused_and_then_slowed_down(served: ServedConsole) -> None:
    client = served.browser()
    for _ in range(TRIES):
        assert (await client.post("/console/sign-in", data={"token": "fb_00000000_" + "x" * 43})).status_code == 401
    right = {"token": served.tokens[TokenScope.READ]}
    assert (await client.post("/console/sign-in", data=right)).status_code == 429
    served.clock[0] += 61
    assert (await client.post("/console/sign-in", data=right)).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
async def test_a_sign_in_from_another_site_is_refused(served: ServedConsole, headers: dict[str, str]) -> None:
    answer = await served.browser().post(
        "/console/sign-in", data={"token": served.tokens[TokenScope.READ]}, headers=headers
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_session_ends_by_sign_out_by_age_and_with_its_token(served: ServedConsole) -> None:
    client = await served.signed_in()
    form = forms((await client.get("/console/")).text)["/console/sign-out"]
    kept = client.cookies[LOOPBACK_NAME]
    assert (await client.post("/console/sign-out", data={})).status_code == 303
    assert (await client.get("/console/")).status_code == 200
    assert (await client.post("/console/sign-out", data=form)).status_code == 303
    again = served.browser()
    again.cookies.set(LOOPBACK_NAME, kept)
    ended = await again.get("/console/")
    assert (ended.status_code, "Your session has ended." in ended.text) == (401, True)
    assert "has ended" not in (await served.browser().get("/console/")).text
    aged = await served.signed_in()
    served.clock[0] += LASTS
    assert (await aged.get("/console/")).status_code == 401
    revoked = await served.signed_in(TokenScope.READ)
    await revoke_token(served.project.services, OPS, "read")
    assert (await revoked.get("/console/")).status_code == 401


async def test_a_link_from_a_mail_can_be_gone_on_with(served: ServedConsole) -> None:
    answer = await served.browser().get("/console/runs", headers={"sec-fetch-site": "cross-site"})
    assert 'href="/console/runs"' in answer.text
    assert timedelta(seconds=LASTS) == timedelta(hours=12)


async def test_a_token_without_read_sees_nothing(served: ServedConsole) -> None:
    answer = await (await served.signed_in(TokenScope.TRIGGER)).get("/console/runs")
    assert answer.status_code == 403
    assert "read" in answer.text

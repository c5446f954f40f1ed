"""Drafts that come in a form: which files they have, what is wrong with them, and that nobody else finds them."""

import asyncio
import re
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from tests.web.console.served import ServedConsole, forms
from worker.domain.access import TokenScope
from worker.errors import RequestError
from worker.web.console.deployments import files_of

HEADED = "==> funnelbeat.yaml <==\nproject: acme\n\n==> schedules/a/week.yaml <==\r\nname: Week\r\n"


def test_pasted_files_stand_below_their_names() -> None:
    assert files_of({"draft": HEADED}) == {
        "funnelbeat.yaml": "project: acme\n\n",
        "schedules/a/week.yaml": "name: Week\n",
    }


def test_of_a_folder_the_files_of_the_project_count() -> None:
    chosen = {
        "file:acme/funnelbeat.yaml": "project: acme",
        "file:acme/schedules/week.yaml": "name: Week",
        "file:acme/.git/config": "x",
        "file:acme/README.md": "x",
        "file:acme/schedules/.DS_Store": "\0Bud1",
        "file:acme/templates/.old/email.txt.j2": "x",
        "file:schedules/alone.yaml": "name: Alone",
        "file:acme\\templates\\own\\email.txt.j2": "x",
        "file:acme/pieces/team/base.yaml": "grace: 5m",
        "file:pieces/alone.yaml": "grace: 5m",
    }
    assert set(files_of(chosen)) == {
        "funnelbeat.yaml",
        "schedules/week.yaml",
        "schedules/alone.yaml",
        "templates/own/email.txt.j2",
        "pieces/team/base.yaml",
        "pieces/alone.yaml",
    }


@pytest.mark.parametrize("draft", ["", "name: Week", "==> /etc/passwd <==\nroot", "==> <==\n"])
def test_a_draft_without_files_is_refused(draft: str) -> None:
    with pytest.raises(RequestError, match="found"):
        files_of({"draft": draft})


async def planned(client: httpx.AsyncClient, served: ServedConsole, week: str) -> httpx.Response:
    project = (served.project.place / "funnelbeat.yaml").read_text("utf-8")
    fields = forms_of_files((await client.get("/console/deployments")).text)
    files = [
        ("folder", ("acme/funnelbeat.yaml", project)),
        ("folder", ("acme/schedules/week.yaml", week)),
    ]
    return await client.post("/console/ask/plan", data=fields, files=files)


def forms_of_files(page: str) -> dict[str, str]:
    plain = page.replace(' enctype="multipart/form-data"', "")
    return forms(plain)["/console/ask/plan"]


async def test_a_draft_is_deployed_by_the_session_that_planned_it_and_once_only(served: ServedConsole) -> None:
    client, other = await served.signed_in(), await served.signed_in()
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    answer = await planned(client, served, week.replace("Weekly pipeline", "Every Monday"))
    assert answer.status_code == 200, answer.text
    assert len(answer.content) < 60_000
    form = forms(answer.text)["/console/acts/deploy"]
    foreign = forms((await other.get("/console/")).text)["/console/sign-out"]["csrf"]
    await other.post("/console/acts/deploy", data={**form, "csrf": foreign})
    assert "no longer kept" in (await other.get("/console/deployments")).text
    assert (await client.post("/console/acts/deploy", data=form)).status_code == 303
    assert "1 changed" in (await client.get("/console/deployments")).text
    assert "Every Monday" in (await client.get("/console/schedules")).text
    await client.post("/console/acts/deploy", data=form)
    assert "another deployment came in between" in (await client.get("/console/deployments")).text


async def test_of_several_sessions_that_put_something_in_force_at_once_only_one_does(served: ServedConsole) -> None:
    clients, earlier = [await served.signed_in() for _ in range(3)], list[str]()
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    for number in range(4):
        earlier.append(await in_force(served))
        answer = await planned(clients[0], served, week.replace("Weekly pipeline", f"Plan {number}"))
        await clients[0].post("/console/acts/deploy", data=forms(answer.text)["/console/acts/deploy"])
    plans = [await one.get(f"/console/rollback/{name}") for one, name in zip(clients, earlier, strict=False)]
    chosen = [forms(plan.text)["/console/acts/rollback"] for plan in plans]
    pairs = zip(clients, chosen, strict=True)
    await asyncio.gather(*(one.post("/console/acts/rollback", data=form) for one, form in pairs))
    said = [(await client.get("/console/deployments")).text for client in clients]
    assert sorted("another deployment came in between" in page for page in said) == [False, True, True]


async def in_force(served: ServedConsole) -> str:
    deployed = await served.project.services.deployments.deployed()
    assert deployed is not None
    return deployed.bundle


async def test_faults_are_told_with_their_places_and_another_project_is_refused(served: ServedConsole) -> None:
    client = await served.signed_in()
    answer = await planned(client, served, "name: <script>alert(1)</script>\nwhen: {cron: '* *'}\n")
    assert answer.status_code == 422
    assert "schedules/week.yaml:2" in answer.text
    assert "<script>alert" not in answer.text
    mark = forms_of_files((await client.get("/console/deployments")).text)
    project = (served.project.place / "funnelbeat.yaml").read_text("utf-8").replace("acme\n", "other\n", 1)
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    text = f"==> funnelbeat.yaml <==\n{project}\n==> schedules/week.yaml <==\n{week}"
    refused = await client.post("/console/ask/plan", data={**mark, "draft": text})
    assert refused.status_code == 422
    assert "which is served here" in refused.text


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("name: <b>Week</b>\nwhen: {cron: '0 9 * * MON'}\n", "expected a line such as"),
        ("==> schedules/week.yaml <==\nname: <b>Week</b>\n</textarea>\n", "funnelbeat.yaml"),
    ],
    ids=["without names", "one file alone"],
)
async def test_a_draft_with_mistakes_comes_back_to_be_mended(served: ServedConsole, draft: str, said: str) -> None:
    client = await served.signed_in()
    mark = forms_of_files((await client.get("/console/deployments")).text)
    answer = await client.post("/console/ask/plan", data={**mark, "draft": draft})
    assert answer.status_code == 422
    assert said in unescape(answer.text)
    [written] = re.findall(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)
    assert unescape(written).replace("\r\n", "\n") == draft
    assert "<b>Week" not in answer.text
    assert forms_of_files(answer.text)["csrf"] == mark["csrf"]


async def test_a_long_draft_with_a_mistake_is_refused_as_a_short_one_is(served: ServedConsole) -> None:
    """Every character takes five in the page."""
    client = await served.signed_in()
    mark = forms_of_files((await client.get("/console/deployments")).text)
    for size in (149_000, 300_000):
        answer = await client.post("/console/ask/plan", data={**mark, "draft": "&" * size})
        assert (answer.status_code, "expected a line such as" in unescape(answer.text)) == (422, True)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([(f"acme/.git/{number}", "x") for number in range(501)], "found more than 500 files"),
        ([("acme/.git/pack", "x" * 1_000_001)], "found a form of more than 1,000,000 bytes"),
    ],
)
async def test_a_folder_with_too_much_in_it_says_so(
    served: ServedConsole, others: list[tuple[str, str]], said: str
) -> None:
    client = await served.signed_in()
    mark = forms_of_files((await client.get("/console/deployments")).text)
    files = [("folder", one) for one in [("acme/funnelbeat.yaml", "project: acme"), *others]]
    answer = await client.post("/console/ask/plan", data=mark, files=files)
    assert (answer.status_code, said in answer.text) == (422, True)


@pytest.mark.parametrize("name", ["plan", "check", "preview"])
async def test_pages_that_a_form_asks_for_need_its_mark_and_a_scope(served: ServedConsole, name: str) -> None:
    reader, client = await served.signed_in(TokenScope.READ), await served.signed_in()
    given = {"schedule": "week", "draft": HEADED}
    assert (await client.post(f"/console/ask/{name}", data=given)).status_code == 403
    mark = forms((await reader.get("/console/")).text)["/console/sign-out"]["csrf"]
    assert (await reader.post(f"/console/ask/{name}", data={**given, "csrf": mark})).status_code == 403
    assert (await served.browser().post(f"/console/ask/{name}", data=given)).status_code == 401
    assert (await client.get(f"/console/ask/{name}")).status_code == 405
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert (await client.post(f"/console/ask/{name}", content=b"--x\r\nnonsense", headers=broken)).status_code == 403
    without = {"content-type": "multipart/form-data"}
    assert (await client.post(f"/console/ask/{name}", content=b"x", headers=without)).status_code == 403


async def test_a_preview_is_found_by_its_own_session_alone(served: ServedConsole) -> None:
    client, other = await served.signed_in(), await served.signed_in()
    form = forms((await client.get("/console/schedule/week")).text)["/console/ask/preview"]
    answer = await client.post("/console/ask/preview", data=form)
    assert answer.status_code == 200, answer.text
    place = answer.text.split('src="/console/preview/')[1].split('"')[0]
    shown = await client.get(f"/console/preview/{place}")
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "Weekly pipeline" in shown.text
    assert (await other.get(f"/console/preview/{place}")).status_code == 404
    assert (await client.get(f"/console/preview/{quote('../' + place)}")).status_code == 404
    assert len(await served.project.services.lookups.runs(None, 5)) == 0


async def test_many_runs_of_one_schedule_take_one_line_of_a_plan(served: ServedConsole) -> None:
    """The page had twenty runs of the schedule that fires most often, and none of any other."""
    client = await served.signed_in()
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    often = re.sub(r"(?m)^when: .*$", "when: {every: 5m}", week)
    assert often != week
    seen = " ".join(unescape(re.sub(r"<[^>]*>", " ", (await planned(client, served, often)).text)).split())
    assert re.search(r"week 4,03[23] runs, then \d\d:\d\d \S+; \d\d:\d\d", seen) is not None
    assert "more run" not in seen, "that line stands for all"
    assert re.search(r"[\d,]+ appear, [\d,]+ vanish, [\d,]+ move until \w+ \d+ \w+, \d\d:\d\d", seen) is not None


async def test_a_deployment_is_planned_before_one_goes_back_to_it(served: ServedConsole) -> None:
    client = await served.signed_in()
    before = (await served.project.services.deployments.history())[0].bundle
    text = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    await served.project.deploy(text.replace("Weekly pipeline", "Every Monday"))
    plan = await client.get(f"/console/rollback/{before}")
    form = forms(plan.text)["/console/acts/rollback"]
    await client.post("/console/acts/rollback", data={**form, "based_on": "0" * 64})
    assert "came in between" in (await client.get("/console/deployments")).text
    await client.post("/console/acts/rollback", data=form)
    assert "is deployed" in (await client.get("/console/deployments")).text
    deployed = await served.project.services.deployments.deployed()
    assert deployed is not None
    assert deployed.bundle == before
    assert (await served.project.services.audit.newest(1))[0].act == "rollback"
    assert (await client.get("/console/rollback/ffff")).status_code == 404

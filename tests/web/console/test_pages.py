"""Every page over a real socket: what stands in it, its size, its headers, and hostile names."""

import base64
import hashlib
import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import httpx
import redis
from redis.asyncio import Redis as AsyncRedis

from tests.web.console.served import OPS, ServedConsole, forms, served_console
from worker.adapters.redis_server import EmbeddedRedis
from worker.connectors import wall_clock
from worker.domain.access import TokenScope
from worker.domain.alert.carry import size
from worker.domain.alert.silence import Matcher, Silence
from worker.domain.run import stamp
from worker.flow.alert.acts import acknowledge
from worker.flow.alert.current import current
from worker.flow.operate.access_tokens import add_token
from worker.flow.operate.acts import pause_schedule, resume_schedule
from worker.flow.operate.examine import examine

PAGES = (
    "",
    "schedules",
    "schedule/week",
    "history/week",
    "runs",
    "run/{run}",
    "explain/{run}",
    "alerts",
    "subscriptions",
    "deployments",
    "connections",
    "audit",
)
OF_ALERTS = ("moves/{run}", "alert/{alert}", "backtest/week/big")
"""Pages that need an alert, or two answers to compare."""

MARKUP = "<script>alert(1)</script> onload='x' & {{ 7*7 }}"
HOSTILE = f'{MARKUP} "> \x1b[31m\u202egnp.exe'


class Elements(HTMLParser):
    """Elements and attributes of a page, as a browser sees them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def text_of(answer: httpx.Response) -> str:
    return unescape(answer.text).replace("\u00a0", " ")


async def newest(served: ServedConsole) -> str:
    return str((await served.project.services.lookups.runs(None, 1))[0].key)


async def every_page(served: ServedConsole, client: httpx.AsyncClient) -> dict[str, httpx.Response]:
    key = quote(await newest(served))
    alerts = await current(served.project.services)
    alert = alerts[0].fingerprint if alerts else ""
    pages = (*PAGES, *OF_ALERTS) if alert else PAGES
    return {page: await client.get(f"/console/{page.format(run=key, alert=alert)}") for page in pages}


def digest_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_every_page_is_small_runs_our_script_alone_and_asks_no_other_host(troubled: ServedConsole) -> None:
    for name, answer in (await every_page(troubled, await troubled.signed_in(TokenScope.READ))).items():
        assert (name, answer.status_code) == (name, 200)
        assert len(answer.content) < 60_000
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        policy = answer.headers["content-security-policy"]
        assert f"style-src {digest_of(style[1])};" in policy
        assert "default-src 'none'" in policy
        page = Elements(answer.text)
        [written] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
        assert f"script-src {digest_of(written)};" in policy
        assert page.all("script") == [{}]
        assert not {"\x1b", "\u202e", "\u2028", "\x00"} & set(answer.text)
        assert not [attributes for _, attributes in page.found if "style" in attributes]
        paths = [one.get(key) for _, one in page.found for key in ("href", "src", "action") if key in one]
        own = ("/console/", "#", "?", "https://app.close.com/")
        assert all(path is not None and path.startswith(own) for path in paths), paths


async def test_every_page_has_landmarks_one_heading_and_labels(troubled: ServedConsole) -> None:
    for name, answer in (await every_page(troubled, await troubled.signed_in())).items():
        page = Elements(answer.text)
        assert (name, len(page.all("main")), len(page.all("nav")), len(page.all("h1"))) == (name, 1, 1, 1)
        ids = [one["id"] for _, one in page.found if "id" in one]
        assert len(ids) == len(set(ids))
        assert {one["aria-labelledby"] for _, one in page.found if "aria-labelledby" in one} <= set(ids)
        fields = [
            one for tag in ("input", "select", "textarea") for one in page.all(tag) if one.get("type") != "hidden"
        ]
        assert {one.get("id") for one in fields} <= {one.get("for") for one in page.all("label")}


async def test_the_first_page_leads_to_the_first_schedule(served: ServedConsole) -> None:
    page = (await (await served.signed_in()).get("/console/")).text
    assert "No run yet" in page
    assert "clocks: none is running: nothing will fire" in page
    assert 'href="/console/schedule/week"' in page


async def test_before_the_first_deployment_every_page_leads_on(
    served: ServedConsole, empty_redis: EmbeddedRedis
) -> None:
    client = await served.signed_in()
    with redis.Redis.from_url(empty_redis.url) as ledger:
        ledger.delete("acme:deployed", "acme:deployments")
    page = (await client.get("/console/")).text
    assert "funnelbeat init" in page
    assert 'href="/console/deployments"' in page
    for name in PAGES:
        if "{" not in name:
            answer = await client.get(f"/console/{name}")
            assert answer.status_code in {200, 404, 422}, name
    assert "tail -n +1" in (await client.get("/console/deployments")).text


async def test_a_part_of_a_schedules_history_stands_side_by_side(troubled: ServedConsole) -> None:
    client = await troubled.signed_in(TokenScope.READ)
    runs = [str(run.key) for run in await troubled.project.services.lookups.runs("week", 5)]
    page = await client.get("/console/history/week", params={"a": runs[0], "b": runs[1]})
    assert page.status_code == 200
    assert page.text.count('class="moves"') >= 2
    moves = Elements(page.text).all("a")
    [every] = [str(one["href"]) for one in moves if str(one.get("href", "")).startswith("/console/moves/")]
    table = await client.get(every)
    assert "Since" in table.text
    csv = await client.get(every.replace("/moves/", "/moves.csv/"))
    assert csv.headers["content-type"].startswith("text/csv")
    assert "attachment" in csv.headers["content-disposition"]
    assert len(csv.text.splitlines()) > 2
    odd = await client.get("/console/history/week", params={"a": "other@2026-01-01T00:00:00Z", "b": runs[1]})
    assert odd.status_code == 404
    filtered = await client.get(every, params={"move": "won", "owner": "<script>", "text": "%"})
    assert filtered.status_code == 200
    assert "No move fits" in filtered.text


async def test_trouble_stands_first(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()
    page = (await client.get("/console/")).text
    assert "1 message may or may not have arrived" in unescape(page).replace("\u00a0", " ")
    assert page.index("Runs that need attention") < page.index("Last runs")
    assert "Open alerts" in page
    run = (await client.get(f"/console/run/{quote(await newest(troubled))}")).text
    assert run.index("boss@acme.example") < run.index("sales@acme.example")
    assert "550" in run
    assert "What moved" in run
    assert 'name="arrived"' in run


async def test_what_needs_attention_is_counted_with_clocks_workers_and_open_alerts(served: ServedConsole) -> None:
    """The one run arrived, but nothing will fire: the page said that nothing needs attention."""
    await served.project.run()
    client, services = await served.signed_in(), served.project.services
    assert "2 need attention." in text_of(await client.get("/console/"))
    await services.heartbeats.say_alive("worker", "here", 1)
    assert "1 needs attention." in text_of(await client.get("/console/"))
    await services.heartbeats.say_alive("clock", "here", 1)
    assert "Nothing needs attention." in text_of(await client.get("/console/"))


async def test_an_open_alert_needs_attention_until_somebody_knows_of_it(watched: ServedConsole) -> None:
    client, services = await watched.signed_in(), watched.project.services
    found = await current(services)
    assert f"{len(found)} need attention." in text_of(await client.get("/console/"))
    for one in found:
        await acknowledge(services, OPS, one.fingerprint)
    assert "Nothing needs attention." in text_of(await client.get("/console/"))


async def test_a_slot_that_nobody_claimed_is_late_and_not_to_come(
    served: ServedConsole, empty_redis: EmbeddedRedis
) -> None:
    await served.project.run()
    client, services = await served.signed_in(), served.project.services
    due = (await services.clock.now() - timedelta(minutes=5)).timestamp() * 1000
    async with AsyncRedis.from_url(empty_redis.url) as ledger:
        await ledger.zadd("acme:due", {"week": int(due)})
    for page in ("/console/", "/console/schedules"):
        text = text_of(await client.get(page))
        assert re.search(r"5 min 0\d s late", text), page
        assert "in 0 s" not in text
    assert "Due since" in text_of(await client.get("/console/"))


async def test_a_message_is_shown_as_it_was_sent_and_can_do_nothing(troubled: ServedConsole) -> None:
    client = await troubled.signed_in(TokenScope.READ)
    page = Elements((await client.get(f"/console/run/{quote(await newest(troubled))}")).text)
    frame = page.all("iframe")[0]
    assert frame["sandbox"] == ""
    shown = await client.get(str(frame["src"]))
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "Weekly pipeline" in shown.text
    assert "prefers-color-scheme" not in shown.text
    dark = await client.get(str(frame["src"]).replace("form=phone", "form=dark"))
    assert dark.text != shown.text
    text = await client.get(str(frame["src"]).replace("form=phone", "form=text"))
    assert text.headers["content-type"].startswith("text/plain")
    assert "<table" not in text.text


async def test_names_of_others_are_text_on_every_page(empty_redis: EmbeddedRedis, tmp_path: Path) -> None:
    schedule = f"""
name: "{MARKUP}"
when: {{cron: "0 9 * * MON"}}
report:
  - {{id: deals, source: close, query: opportunities, follow: closed,
     params: {{pipeline: pipe_4vukv2FUlFh9FDiVYAop1U}}}}
to:
  - {{id: team, channel: mail, address: sales@acme.example}}
"""
    async with served_console(empty_redis, tmp_path / "project", schedule) as served:
        await served.project.run()
        services = served.project.services
        _, token = await add_token(services, OPS, HOSTILE, [TokenScope.MANAGE])
        now = await services.clock.now()
        mute = Silence("a" * 12, (Matcher("rule", "=", HOSTILE),), HOSTILE, HOSTILE, now, now + timedelta(days=1))
        await services.alerts.silence(mute)
        client = served.browser()
        await client.post("/console/sign-in", data={"token": token})
        for name, answer in (await every_page(served, client)).items():
            assert (name, answer.status_code) == (name, 200)
            assert Elements(answer.text).all("script") == [{}], name
            assert not [one for _, one in Elements(answer.text).found if "onload" in one], name
            assert "\x1b" not in answer.text
            assert "\u202e" not in answer.text
            assert "&amp; 49" not in answer.text
        seen = (await client.get("/console/alerts")).text + (await client.get("/console/")).text
        assert "&lt;script&gt;" in seen


async def test_what_is_not_there_is_said(served: ServedConsole) -> None:
    client = await served.signed_in()
    for path in ("run/nothing", "schedule/nothing", "explain/nothing", "message/nothing", "nowhere", "runs?before=x"):
        answer = await client.get(f"/console/{path}")
        assert (path, answer.status_code) == (path, 404)
        assert "Not found" in answer.text


async def test_whoever_is_signed_in_goes_on_from_a_page_that_is_not_there(served: ServedConsole) -> None:
    client = await served.signed_in()
    for path in ("run/nothing", "schedule/nothing", "schedules?tag="):
        page = Elements((await client.get(f"/console/{path}")).text)
        assert "/console/runs" in {one.get("href") for one in page.all("a")}
        assert page.all("script") == []


async def test_whoever_may_not_do_a_thing_reads_what_to_ask_for(served: ServedConsole) -> None:
    client = await served.signed_in(TokenScope.SUBSCRIBE)
    refused = (await client.get("/console/runs")).text
    assert "It needs the scope read." in refused
    assert "funnelbeat tokens add ann --scope read" in refused


async def test_every_page_says_how_many_alerts_fire_to_whoever_may_read(troubled: ServedConsole) -> None:
    n = len(await current(troubled.project.services))
    for scope, said in ((TokenScope.READ, str(n)), (TokenScope.SUBSCRIBE, "")):
        page = (await (await troubled.signed_in(scope)).get("/console/runs")).text
        assert f'id="nav-alerts" data-live>{said}</span>' in page


async def test_the_largest_alert_stands_first_among_those_in_the_same_state(troubled: ServedConsole) -> None:
    """Whatever the order of their rules: the acknowledged one is the largest, and stands behind those that are open."""
    client, services = await troubled.signed_in(), troubled.project.services
    found = sorted(await current(services), key=lambda row: -size(row.state.facts.amount))
    assert len({size(row.state.facts.amount) for row in found}) > 2
    assert [row.fingerprint for row in found] != [row.fingerprint for row in await current(services)]
    await acknowledge(services, OPS, found[0].fingerprint)
    page = (await client.get("/console/alerts")).text
    listed = list(dict.fromkeys(re.findall(r'/console/alert/([0-9a-f]+)"', page)))
    assert listed == [row.fingerprint for row in (*found[1:], found[0])]


async def test_alerts_are_counted_by_what_keeps_them_quiet(troubled: ServedConsole) -> None:
    client, services = await troubled.signed_in(), troubled.project.services
    found = await current(services)
    await acknowledge(services, OPS, found[0].fingerprint)
    page = unescape((await client.get("/console/alerts")).text).replace("\u00a0", " ")
    said = f"{len(found) - 1} open alert{'' if len(found) == 2 else 's'}. 1 acknowledged."
    assert said in page


async def test_a_rule_without_data_is_on_hold_and_stands_first(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()
    assert "on hold" not in (await client.get("/console/alerts")).text
    troubled.project.box.faults.arm("* /close/*", "status", times=1000, status=403)
    await troubled.project.run()
    page = unescape((await client.get("/console/alerts")).text).replace("\u00a0", " ")
    assert "1 rule is on hold." in page
    assert "On hold: no data on" in page


async def test_a_slot_that_never_ran_leads_to_a_run(served: ServedConsole, empty_redis: EmbeddedRedis) -> None:
    client, services = await served.signed_in(), served.project.services
    yesterday = await services.clock.now() - timedelta(days=1)
    with redis.Redis.from_url(empty_redis.url) as ledger:
        ledger.zadd("acme:due", {"week": int(yesterday.timestamp() * 1000)})
    await pause_schedule(services, OPS, "week", None)
    await resume_schedule(services, OPS, "week")
    (missed, *_) = await services.lookups.missed("week", 1)
    page = (await client.get(f"/console/explain/week@{stamp(missed.last)}")).text
    assert "Its schedule was paused." in page
    answer = await client.post("/console/acts/trigger", data=forms(page)["/console/acts/trigger"])
    assert answer.headers["location"].startswith("/console/run/week@")


async def test_pages_speak_the_language_that_the_browser_asks_for(troubled: ServedConsole) -> None:
    client = await troubled.signed_in()
    client.headers["accept-language"] = "fr, de-AT;q=0.9, en;q=0.8"
    for name, answer in (await every_page(troubled, client)).items():
        assert (name, answer.status_code) == (name, 200)
        assert '<html lang="de"' in answer.text


async def test_hundreds_of_schedules_make_pages_of_a_bounded_size(served: ServedConsole) -> None:
    for number in range(120):
        text = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
        (served.project.place / "schedules" / f"s{number:03}.yaml").write_text(text, "utf-8")
    await served.project.deploy()
    await served.project.run()
    client = await served.signed_in()
    overview = await client.get("/console/")
    assert len(overview.content) < 60_000
    assert "81 more" in unescape(overview.text).replace("\u00a0", " ")
    seen, path = set[str](), "/console/schedules"
    while path:
        page = await client.get(path)
        assert len(page.content) < 60_000
        seen |= set(re.findall(r'href="/console/schedule/([a-z0-9]+)"', page.text))
        found = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = unescape(found[1]) if found else ""
    assert len(seen) == 121


async def test_the_list_of_schedules_is_filtered_by_tag_and_owner(served: ServedConsole) -> None:
    week = (served.project.place / "schedules" / "week.yaml").read_text("utf-8")
    for number in range(60):
        text = f"owner: '<b>Mara</b> & Co'\ntags: [sales]\n{week}"
        (served.project.place / "schedules" / f"s{number:03}.yaml").write_text(text, "utf-8")
    await served.project.deploy()
    client = await served.signed_in()

    def named(page: str) -> set[str]:
        return set(re.findall(r'href="/console/schedule/([a-z0-9]+)"', page))

    everything = (await client.get("/console/schedules?after=s020")).text
    assert "week" in named(everything)
    hrefs = {unescape(href) for href in re.findall(r'href="([^"]+)"', everything)}
    assert {"/console/schedules?tag=sales", "/console/schedules?owner=%3Cb%3EMara%3C%2Fb%3E+%26+Co"} <= hrefs
    assert "<b>Mara</b>" not in everything
    first = (await client.get("/console/schedules?owner=%3CB%3EMara%3C%2Fb%3E+%26+Co&tag=sales")).text
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = (await client.get(unescape(following[1]))).text
    assert len(named(first)) == 50
    assert named(first) | named(second) == {f"s{number:03}" for number in range(60)}
    assert "All schedules" in first
    for asked in ("schedules?tag=", "schedules?tag=sales&tag=", "schedules?owner=+", "runs?schedule="):
        refused = await client.get(f"/console/{asked}")
        assert refused.status_code == 422
        assert "found an empty value, expected one, or leave it out" in refused.text
    empty = await client.get("/console/schedules?tag=sale")
    assert (empty.status_code, named(empty.text)) == (200, set())
    assert "No schedule has all of these." in empty.text
    assert "sales" in (await client.get("/console/schedule/s001")).text


async def test_the_check_of_connections_is_doctor_of_the_api(served: ServedConsole) -> None:
    client = await served.signed_in()
    csrf = forms((await client.get("/console/connections")).text)["/console/ask/check"]
    page = unescape((await client.post("/console/ask/check", data=csrf)).text)
    found = await examine(served.project.services, wall_clock)
    assert {one.what for one in found} >= {"redis", "host clock", "connection close", "clocks"}
    assert any(one.what.startswith("channel ") for one in found)
    assert [one.what for one in found if one.what not in page] == []


async def test_the_first_page_looks_through_no_keys(troubled: ServedConsole, empty_redis: EmbeddedRedis) -> None:
    """It would take longer with each run of the past."""
    client = await troubled.signed_in()
    async with AsyncRedis.from_url(empty_redis.url) as ledger:
        for page in ("", "schedules", "alerts"):
            await ledger.config_resetstat()
            assert (await client.get(f"/console/{page}")).status_code == 200
            used = set(await ledger.info("commandstats"))
            assert "cmdstat_hgetall" in used
            assert not {"cmdstat_scan", "cmdstat_keys"} & used

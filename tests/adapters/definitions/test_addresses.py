"""The address of an API is refused at `check` for what it would be refused for when it is opened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.adapters.definitions.load import Loaded, load
from worker.app import registry
from worker.errors import RequestError
from worker.plugins import open_source

SERVICES = {
    "close": {"api_key": "k"},
    "pipedrive": {"api_token": "t"},
    "umami": {"username": "me", "password": "p"},
}
WRONG = [
    "ftp://api.acme.example", "api.acme.example", "file:///etc/passwd", "https://u:qzxjvkwy@api.acme.example",
    "https://api.acme.example?x=1", "http://api.acme.example/v1", "http://192.168.0.7:3000", "https://h:qzxjvkwy",
]  # fmt: skip
RIGHT = ["https://api.acme.example/v1", "http://127.0.0.1:3000", "http://[::1]:3000/"]


def checked(place: Path, kind: str, url: str, given: Mapping[str, str]) -> Loaded:
    options = ", ".join(f'{name}: "{value}"' for name, value in given.items())
    text = f'project: acme\nconnections: {{it: {{type: {kind}, base_url: "{url}", {options}}}}}\n'
    (place / "funnelbeat.yaml").write_text(text, encoding="utf-8")
    (place / "schedules").mkdir(exist_ok=True)
    return load(place, registry())


def complaints(place: Path, kind: str, url: str) -> list[str]:
    return [str(one) for one in checked(place, kind, url, SERVICES[kind]).complaints]


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("url", WRONG)
async def test_an_address_is_refused_at_check_and_when_it_is_opened(tmp_path: Path, kind: str, url: str) -> None:
    told = complaints(tmp_path, kind, url)
    assert len(told) == 1, told
    assert told[0].startswith("funnelbeat.yaml:2:")
    assert "`base_url` with" in told[0]
    with pytest.raises(RequestError, match="base_url: found") as refused:
        open_source(kind, {"base_url": url, **SERVICES[kind]}, {}, lambda: datetime.now(UTC))
    assert "qzxj" not in told[0] + str(refused.value)


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("url", RIGHT)
async def test_an_address_that_keeps_the_key_secret_is_taken_by_both(tmp_path: Path, kind: str, url: str) -> None:
    assert complaints(tmp_path, kind, url) == []
    await open_source(kind, {"base_url": url, **SERVICES[kind]}, {}, lambda: datetime.now(UTC)).aclose()


@pytest.mark.parametrize("kind", SERVICES)
async def test_http_within_a_network_of_ones_own_is_taken_where_it_is_asked_for_and_warned_of(
    tmp_path: Path, kind: str
) -> None:
    """Between two containers nobody issues certificates."""
    url, options = "http://umami:3000", {**SERVICES[kind], "tls": "never"}
    found = checked(tmp_path, kind, url, options)
    assert found.complaints == ()
    (warning,) = [str(one) for one in found.warnings if "`tls: never`" in str(one)]
    assert warning.startswith("funnelbeat.yaml:2:")
    assert "password" in warning
    assert "unencrypted" in warning
    await open_source(kind, {"base_url": url, **options}, {}, lambda: datetime.now(UTC)).aclose()


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize(
    ("url", "tls", "says"),
    [
        ("https://api.acme.example/api/v1", "never", "leave it out: it is for a base_url that begins with http://"),
        ("http://umami:3000", "off", "write `tls: never`, or leave it out"),
        ("http://umami:3000", "false", "write `tls: never`, or leave it out"),
    ],
)
def test_a_switch_for_tls_that_would_do_nothing_is_refused(
    tmp_path: Path, kind: str, url: str, tls: str, says: str
) -> None:
    told = [str(one) for one in checked(tmp_path, kind, url, {**SERVICES[kind], "tls": tls}).complaints]
    assert any(says in one and "`tls" in one for one in told), told


def test_the_refusal_of_http_says_how_it_is_allowed(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, "umami", "http://umami:3000")
    assert "`tls: never`" in told


@pytest.mark.parametrize("name", [
    "schedules/weekly.YAML", "schedules/weekly.Yml", "schedules/team/weekly.yaml.txt", "templates/pipeline/email.J2",
    "templates/pipeline/email.html",
])  # fmt: skip
def test_a_file_that_looks_meant_and_is_not_read_is_a_warning(tmp_path: Path, name: str) -> None:
    (tmp_path / "schedules").mkdir()
    (tmp_path / "funnelbeat.yaml").write_text("project: acme\n", encoding="utf-8")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    for path in (name, f"{name}~", f"{Path(name).parent}/README.md"):
        (tmp_path / path).write_text("", encoding="utf-8")
    told = [str(one) for one in load(tmp_path, registry()).warnings if "is not read" in str(one)]
    assert [one.split(":")[0] for one in told] == [name]

"""docs/adding-a-channel.md to the letter: its package is installed, its project checked, a digest received."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.scripted_http import Asked, Said, scripted
from worker.adapters.redis_server import EmbeddedRedis
from worker.ports import channels

PAGE = (Path(__file__).parents[1] / "docs" / "adding-a-channel.md").read_text("utf-8")
FILES = re.findall(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line.split() for line in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0].splitlines()]
OFFLINE = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", "site"]
PROGRAMS = {"pip": ["-m", "pip", "install", *OFFLINE], "funnelbeat": ["-m", "worker.entry"]}


async def typed(words: list[str], place: Path, environment: dict[str, str]) -> str:
    """A command of the page in `place`; what it printed. pip installs beside this environment, not into it."""
    rest = words[2:] if words[0] == "pip" else words[1:]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *PROGRAMS[words[0]],
        *rest,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place / "site"), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await child.communicate()
    assert child.returncode == 0, f"{' '.join(words)}: {said.decode()}"
    return said.decode()


def test_the_page_names_every_ability() -> None:
    abilities = [one for one in vars(channels).values() if getattr(one, "_is_runtime_protocol", False)]
    methods = {name for one in abilities if one is not channels.ChannelGroup for name in vars(one) if name[0] != "_"}
    assert methods == set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))


@pytest.mark.slow
async def test_the_pages_channel_is_installed_checked_and_delivers_a_digest(
    tmp_path: Path, empty_redis: EmbeddedRedis
) -> None:
    for name, text in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def receives(asked: Asked) -> Said:
        return Said({"taken": asked.headers["idempotency-key"]})

    async with scripted(receives) as receiver:
        environment = {
            "BOARD_URL": f"{receiver.url}/only-we-know",
            "FUNNELBEAT_REDIS_URL": empty_redis.url,
            "FUNNELBEAT_BROKER_URL": empty_redis.broker_url,
        }
        said = [await typed(words, tmp_path, environment) for words in COMMANDS]
    [asked] = receiver.asked
    assert (asked.method, asked.path) == ("POST", "/only-we-know")
    assert set(asked.json) == {"subject", "text"}
    assert asked.json["subject"].startswith("€")
    assert "Sent to webhook" in asked.json["text"]
    assert re.fullmatch(r"[0-9a-f]{32}\.0", asked.headers["idempotency-key"])
    assert "only-we-know" not in "".join(said)

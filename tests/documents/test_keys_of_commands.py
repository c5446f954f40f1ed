"""The keys of every command's --json document, made by a real run, against the files beside this one. `GOLDEN=write`
writes them anew: programs that read the documents rest on each of these keys.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.documents.commands import COMMANDS, documents
from tests.documents.key_paths import key_paths
from worker.adapters.redis_server import EmbeddedRedis

FILES = Path(__file__).parent / "keys"


def file_of(command: str) -> Path:
    return FILES / f"{command.replace(', ', '.').replace(' ', '_')}.txt"


@pytest.fixture(scope="module")
def shown(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    with redis.Redis.from_url(module_redis.url) as client:
        client.flushall()
    return documents(module_redis, tmp_path_factory.mktemp("shown"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_document_has_the_keys_that_it_had(shown: Mapping[str, Any], command: str) -> None:
    got = "".join(f"{path}\n" for path in key_paths(shown[command]))
    path = file_of(command)
    if os.environ.get("GOLDEN") == "write":
        FILES.mkdir(exist_ok=True)
        path.write_text(got, "utf-8")
    assert got == path.read_text("utf-8"), f"{path.name} differs; GOLDEN=write accepts it"


def test_every_file_of_keys_belongs_to_a_command() -> None:
    assert set(FILES.iterdir()) == {file_of(command) for command in COMMANDS}

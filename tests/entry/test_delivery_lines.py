"""What `run` and `show` print of a delivery."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis

COPIED = MAIL.replace("address: sales@acme.example", "address: sales@acme.example, cc: [boss@acme.example]")


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    assert COPIED != MAIL
    with command_line(empty_redis, tmp_path / "project", COPIED) as made:
        yield made


def test_run_prints_what_the_receiver_said_as_show_does_and_no_trailing_blank(here: CommandLine) -> None:
    """It printed blanks where `show` has the words of the mail server."""
    lines = here.call("run", "asked").stdout.splitlines()
    sent = [line for line in lines if line.startswith("  sent ")]
    assert len(sent) == 2
    assert all(line == line.rstrip() for line in lines)
    assert all("OK" in line for line in sent)
    key = lines[0].split()[0]
    assert [line for line in here.call("show", key).stdout.splitlines() if line.startswith("  sent ")] == sent


def test_show_names_the_copies_of_a_readers_mail(here: CommandLine) -> None:
    shown = here.call("show", here.run()).stdout.splitlines()
    (place,) = (number for number, line in enumerate(shown) if "team|sales@acme.example" in line)
    assert shown[place + 1] == "    cc boss@acme.example: sent"
    assert sum("cc " in line for line in shown) == 1


def test_a_sample_for_one_reader_is_refused_with_the_reason(here: CommandLine) -> None:
    found = here.call("preview", "asked", "--sample", "--reader", "sales@acme.example")
    assert found.exit_code == 2
    assert "a sample is made up and shows no reader's own digest" in " ".join(found.stderr.split())

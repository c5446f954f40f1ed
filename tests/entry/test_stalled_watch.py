"""The shipped schedule of alerts, over the sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import MAIL, CommandLine, command_line
from worker.adapters.redis_server import EmbeddedRedis
from worker.sandbox.events import ValueChanged
from worker.shipped import folder_of

PROJECT = """
project: acme
connections: {close: {type: sandbox}}
channels: {email: {type: sandbox}, slack: {type: sandbox}}
defaults: {timezone: Europe/Berlin, operator: ops@acme.example}
"""


@pytest.fixture
def here(empty_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[CommandLine]:
    with command_line(empty_redis, tmp_path / "project", MAIL) as made:
        text = (folder_of("schedules") / "stalled-watch.yaml").read_text("utf-8")
        (made.place / "schedules" / "asked.yaml").write_text(text, encoding="utf-8")
        (made.place / "funnelbeat.yaml").write_text(PROJECT, encoding="utf-8")
        made.deploy()
        yield made


def worth(here: CommandLine, cents: int) -> str:
    """A stalled deal gets this value; its id."""

    def move(box: Any) -> str:
        deal = next(one for one in box.pipeline.open_deals() if one.stalled)
        box.pipeline.apply(ValueChanged(at=box.now(), deal=deal.id, value=cents))
        found: str = deal.id
        return found

    assert here.box is not None
    return here.box.call(move)


def test_it_has_no_complaint_and_every_rule_is_evaluated(here: CommandLine) -> None:
    checked = here.document_of("check", "--strict")
    assert (checked["complaints"], checked["warnings"]) == ([], [])
    rules = here.document_of("explain", here.run(moved=False))["alerts"]["rules"]
    assert [rule["rule"] for rule in rules] == [
        "big-deal-stalled",
        "five-stalled",
        "few-won",
        "big-deal-lost",
        "no-data",
    ]
    assert [rule["unknown"] for rule in rules if rule["rule"] != "few-won"] == [0, 0, 0, 0]


def test_a_big_deal_that_stalls_is_told_to_the_team_and_the_room(here: CommandLine) -> None:
    here.run(moved=False)
    deal = worth(here, 8_000_000)
    alerts = here.document_of("explain", here.run(moved=False))["alerts"]
    (big,) = [rule for rule in alerts["rules"] if rule["rule"] == "big-deal-stalled"]
    assert [one["subject"] for one in big["transitions"]] == [deal]
    assert {one["reader"].partition("|")[0] for one in alerts["ends"]} == {"alert:team", "alert:room"}
    assert alerts["balance"]["even"]

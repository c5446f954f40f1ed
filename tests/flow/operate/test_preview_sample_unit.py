"""A sample digest as an entry's channel shows it."""

from dataclasses import replace
from typing import Any, cast

import pytest

from tests.support.fakes import TEAM, WEEKLY, OneSource, Shown, bundle_with, uses
from worker.domain.digest.model import Digest
from worker.domain.schedule import Bundle
from worker.errors import RequestError
from worker.flow.operate.preview_sample import preview_sample
from worker.ports.kinds import QuerySpec

SAMPLE = cast("Digest", object())


class OneChannel(OneSource):
    def __init__(self) -> None:
        super().__init__(QuerySpec("any", "", False, ()))

    def channel(self, bundle: Bundle, channel: str, address: str | None) -> Any:
        return Shown()


def test_the_sample_is_shown_as_the_entrys_channel_shows_it() -> None:
    schedule = replace(WEEKLY, to=(TEAM,))
    seen = preview_sample(uses(connectors=OneChannel()), bundle_with(schedule), schedule, None, SAMPLE)
    assert (seen.subject, seen.page, seen.suffix) == (f"to {TEAM.address}", "content", "txt")
    assert seen.digest is SAMPLE


def test_an_entry_that_the_schedule_does_not_have_is_refused() -> None:
    schedule = replace(WEEKLY, to=(TEAM,))
    with pytest.raises(RequestError, match="has no entry 'nobody'"):
        preview_sample(uses(connectors=OneChannel()), bundle_with(schedule), schedule, "nobody", SAMPLE)

"""One entry that did not come from a file: of `subscriptions add`, or of a reader's page."""

import pytest

from tests.adapters.definitions.conftest import Load
from tests.adapters.definitions.registry import KINDS
from tests.adapters.definitions.test_quiet_hours import SCHEDULE, with_digest, with_entry
from worker.adapters.definitions.one_entry import checked_entry
from worker.domain.schedule import Collect

EVE = {"id": "eve", "channel": "email", "address": "eve@acme.example"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (with_entry("collect: daily"), Collect.NONE),
        (with_digest(with_entry("collect: none"), "collect: daily"), Collect.NONE),
        (with_digest(with_entry("collect: daily"), "collect: daily"), Collect.DAILY),
    ],
)
def test_it_collects_as_the_entries_do_that_all_do_the_same(loading: Load, text: str, expected: Collect) -> None:
    bundle = loading({SCHEDULE: text}).bundle
    assert bundle is not None
    assert checked_entry(KINDS, bundle, bundle.schedules["weekly"], EVE).entry.collect is expected

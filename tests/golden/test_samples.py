"""The samples that templates are tried with are the hand-built digests, notices and alerts, and what shipped schedules
bring, with friendly names, because `preview --sample` shows them. `GOLDEN=write` writes them anew.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.golden.alerts import ALERTS
from tests.golden.digests import DIGESTS
from tests.golden.notices import NOTICES
from tests.measured.mails import second_weeks
from worker.domain.alert.notification import Notification
from worker.domain.digest.model import Digest
from worker.domain.notice import Notice
from worker.rendering import samples
from worker.sandbox.names import FRIENDLY


def same(folder: Path, made: Mapping[str, Digest | Notice | Notification]) -> None:
    if os.environ.get("GOLDEN") == "write":
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.json"):
            old.unlink()
        for name, sample in made.items():
            (folder / f"{name}.json").write_text(samples.encoded(sample), "ascii")
    found = {path.stem: path.read_text("ascii") for path in folder.glob("*.json")}
    assert found.keys() == made.keys()
    stale = [name for name, sample in made.items() if found[name] != samples.encoded(sample)]
    assert stale == [], "GOLDEN=write writes them"


async def test_the_samples_are_the_golden_digests_and_the_second_week_of_every_schedule(tmp_path: Path) -> None:
    same(samples.DIGESTS, {**DIGESTS, **(await second_weeks(tmp_path, FRIENDLY))})


def test_the_samples_are_the_golden_notices() -> None:
    same(samples.NOTICES, NOTICES)


def test_the_samples_are_the_golden_alerts() -> None:
    same(samples.ALERTS, ALERTS)


def test_a_sample_that_is_read_is_the_one_that_was_written() -> None:
    assert {name: samples.digests()[name] for name in DIGESTS} == DIGESTS
    assert samples.notices() == NOTICES
    assert samples.alerts() == ALERTS

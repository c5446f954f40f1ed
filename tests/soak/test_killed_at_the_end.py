"""Killed where a run or a delivery ends without a message: it still ends, once, and says why."""

from collections.abc import Iterator

import pytest

from tests.soak.counts import FILES, counts_of, wait_until_closed
from tests.soak.schedules import PROJECT, SPECIAL, TIMES, TORN_TEMPLATE, at_rest
from tests.support.installation import Installation, installation
from worker.domain.delivery import DeliveryState
from worker.flow.run.readers import is_notice

AT_AN_END = {
    "run.postponed": ("dark", DeliveryState.SENT),  # the notice to the operator
    "run.failed": ("dark", DeliveryState.SENT),
    "delivery.refused": ("gone", DeliveryState.REFUSED),
    "delivery.skipped": ("gone", DeliveryState.SKIPPED),
    "delivery.failed": ("torn", DeliveryState.FAILED),
    "delivery.held": ("held", DeliveryState.UNKNOWN),
}


NOTICES = {"run.failed": "operator|", "delivery.refused": "operator/", "delivery.failed": "operator|"}
"""How the reader of the notice begins that the operator is sent all the same; one a day of each subject."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    place = tmp_path_factory.mktemp("ends")
    templates = place / "project" / "templates" / "torn"
    templates.mkdir(parents=True)
    (templates / "email.txt.j2").write_text(TORN_TEMPLATE, encoding="utf-8")
    resting = {name: at_rest(text) for name, text in SPECIAL.items()}
    (place / FILES).mkdir()
    project = PROJECT.replace("FILES", str(place / FILES))
    with installation(place, project=project, schedules=resting, times=TIMES) as everything:
        everything.box.call(lambda box: box.mail.faults.refuse("gone@acme.example", 550, 1000))
        yield everything


@pytest.mark.slow
@pytest.mark.parametrize("point", AT_AN_END)
def test_a_worker_killed_where_nothing_is_sent_leaves_an_end_that_says_why(here: Installation, point: str) -> None:
    schedule, state = AT_AN_END[point]
    if point == "delivery.held":
        here.box.call(lambda box: box.mail.faults.drop(to="held@acme.example"))
    here.arm(point)
    here.write(schedule, SPECIAL[schedule])
    here.deploy()
    here.until(lambda: None if here.armed(point) else True)
    here.write(schedule, at_rest(SPECIAL[schedule]))
    here.deploy()
    wait_until_closed(here, 60.0)
    ended = counts_of(here).of(schedule)
    assert state in {fate.row.state for fate in ended}
    assert [fate.row.key for fate in ended if fate.lost or fate.silent] == []
    own = [fate.row for fate in ended if not is_notice(fate.row.key.reader)]
    assert all(row.reason is not None for row in own if row.state is not DeliveryState.SENT)
    if point in NOTICES:
        here.until(lambda: noticed(here, schedule, NOTICES[point]) or None)
        assert noticed(here, schedule, NOTICES[point]) == 1


def noticed(here: Installation, schedule: str, reader: str) -> int:
    """Notices of the schedule's runs that the operator was sent."""
    told = [fate.row for fate in counts_of(here).of(schedule) if fate.row.key.reader.startswith(reader)]
    return sum(row.state is DeliveryState.SENT for row in told)

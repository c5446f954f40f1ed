"""Several clocks beside each other, and workers that serve one queue each."""

from pathlib import Path

import pytest

from tests.machines.site import OFTEN, Site, children, site, until
from worker.adapters.celery.app import make_app, queue_names
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.run import Run, RunState
from worker.errors import RequestError


@pytest.mark.slow
def test_each_lane_has_its_worker_and_clocks_share_the_slots(tmp_path: Path, empty_redis: EmbeddedRedis) -> None:
    with site(tmp_path, empty_redis.url, empty_redis.broker_url, {"often": OFTEN}, republish=30.0) as where:
        clocks = [where.start("clock"), where.start("clock")]
        workers = {queue: where.start("worker", "--queues", queue) for queue in ("now", "fetch", "deliver")}
        asked = where.delivered(where.trigger())
        until(lambda: len(_delivered(where)) >= 2 or None, "the scheduled runs did not arrive")
        often = where.runs("often")
        assert asked.executed_by_pid in children(workers["now"].pid)
        assert {run.executed_by_pid for run in _delivered(where)} <= children(workers["fetch"].pid)
        assert {run.claimed_by_pid for run in often} <= {clock.pid for clock in clocks}
        assert len({run.key.slot for run in often}) == len(often)


def _delivered(where: Site) -> list[Run]:
    return [run for run in where.runs("often") if run.state is RunState.DELIVERED]


@pytest.mark.parametrize(("queues", "found"), [(["now", "later"], "later"), ([], "nothing"), ([""], "nothing")])
def test_a_queue_that_does_not_exist_is_refused(queues: list[str], found: str) -> None:
    with pytest.raises(RequestError, match=f"queues: found {found}, expected some of now, deliver, fetch"):
        queue_names("acme", queues)


@pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/1", "amqp://guest:guest@127.0.0.1:1//"])
def test_every_queue_begins_with_the_project_whatever_the_broker_is(broker: str) -> None:
    conf = make_app(broker, "acme").conf
    assert [queue.name for queue in conf.task_queues] == ["acme.now", "acme.deliver", "acme.fetch"]
    assert conf.task_default_queue == "acme.fetch"
    assert conf.task_acks_late
    assert not conf.worker_enable_remote_control

"""A reader who may have the last digest is told that the next one repeats it."""

from tests.support.in_process import InProcessRun
from worker.domain.delivery import DeliveryState
from worker.flow.operate.replay import replay


def bodies(story: InProcessRun) -> list[str]:
    return [item.body.decode("utf-8", "replace") for item in story.box.outbox.of("eml")]


async def test_the_digest_after_one_that_may_have_arrived_says_so_and_the_one_after_it_does_not(
    week: InProcessRun,
) -> None:
    week.box.mail.faults.drop(to="sales@acme.example")
    _, (unclear,) = await week.run()
    assert unclear.state is DeliveryState.UNKNOWN
    said = []
    for _ in range(2):
        week.step()
        run, (row,) = await week.run()
        assert row.state is DeliveryState.SENT
        assert [again.equal async for again in replay(week.services, run)] == [True]
        said.append("may have arrived" in " ".join(bodies(week)[-1].replace("=\r\n", "").split()))
    assert said == [True, False]

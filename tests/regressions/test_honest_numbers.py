"""Bugs of others about numbers that were not there: an answer that failed is neither good news nor bad news."""

import email
import email.policy

from tests.support.in_process import SCHEDULE, InProcessRun
from worker.domain.delivery import DeliveryState
from worker.domain.run import RunState
from worker.flow.operate.preview import bridge_of

LIST = "GET /close/api/v1/opportunity/"
STALLED_ONLY = SCHEDULE.replace(SCHEDULE[SCHEDULE.index("  - id: deals") : SCHEDULE.index("  - id: stalled")], "")
WITH_TOTALS = STALLED_ONLY.replace("digest: {bridge: deals}", "digest: {bridge: stalled, send: on_change}").replace(
    "report:\n",
    "report:\n  - {id: totals, source: close, query: funnel_totals, window: this-month,"
    " params: {pipeline: pipe_4vukv2FUlFh9FDiVYAop1U, type: active-stage-cohort}}\n",
)


def newest_mail(story: InProcessRun) -> str:
    message = email.message_from_bytes(story.box.outbox.of("eml")[-1].body, policy=email.policy.default)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).lower()


async def test_a_stalled_list_that_could_not_be_read_is_no_good_news(three: InProcessRun) -> None:
    """getredash/redash, slack.py: from "triggered" to "unknown" it posted that all went back to normal."""
    await three.deploy(WITH_TOTALS)
    await three.run()
    before = len(three.box.outbox.of("eml"))
    three.box.faults.arm(LIST, "html", times=50)
    run, rows = await three.run()
    assert [query for query, _, _ in run.gaps] == ["stalled"]
    assert run.state is RunState.DELIVERED
    assert rows[0].state is DeliveryState.SENT  # somebody asked for it; by the clock nothing would have changed
    assert await bridge_of(three.services, run, rows) is None
    assert len(three.box.outbox.of("eml")) == before + 1
    words = newest_mail(three)
    assert "revived" not in words
    assert "no longer" not in words
    assert "nothing is stalled" not in words


async def test_a_stalled_list_that_comes_back_is_compared_with_what_was_last_read(three: InProcessRun) -> None:
    """getredash/redash and PostHog/posthog: the failed evaluation became what the next one compared with."""
    await three.deploy(WITH_TOTALS)
    first, _ = await three.run()
    three.box.faults.arm(LIST, "html", times=50)
    await three.run()
    three.box.faults.clear()
    three.step()
    third, rows = await three.run()
    assert third.state is RunState.DELIVERED
    assert rows[0].compared_with is not None
    compared = rows[0].compared_with["stalled"]
    assert compared is not None
    assert compared.slot == first.key.slot

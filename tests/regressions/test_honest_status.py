"""Bugs of others about partial failure: success that was none, retries that repeat what had arrived."""

from tests.regressions.helpers import mails, posts, row_of, to_its_end
from tests.support.in_process import InProcessRun
from worker.domain.delivery import DeliveryState
from worker.domain.reason import Reason
from worker.domain.run import RunState

POST = "POST /slack/api/chat.postMessage"
COMPLETE = "POST /slack/api/files.completeUploadExternal"


async def test_one_reader_that_could_not_be_reached_is_tried_again_alone(three: InProcessRun) -> None:
    """PostHog/posthog: a delivery was retried only when every recipient had failed."""
    three.box.mail.faults.refuse("boss@acme.example", 450)
    run, rows = await three.run()
    assert run.state is RunState.DELIVERING
    assert row_of(rows, "boss").state is DeliveryState.DEFERRED
    before = posts(three)
    ended = await to_its_end(three, run.key)
    assert {row.state for row in ended} == {DeliveryState.SENT}
    assert mails(three) == {"sales@acme.example": 1, "boss@acme.example": 1}
    assert posts(three) == before


async def test_a_run_whose_reader_was_refused_is_partial_and_not_delivered(three: InProcessRun) -> None:
    """metabase/metabase#80740: the parent said success while its child had failed."""
    three.box.mail.faults.refuse("boss@acme.example", 550)
    run, rows = await three.run()
    assert run.state is RunState.PARTIAL
    assert [row_of(rows, name).state for name in ("team", "boss")] == [DeliveryState.SENT, DeliveryState.REFUSED]
    assert "550" in row_of(rows, "boss").sentence


async def test_a_run_that_reached_nobody_is_failed(three: InProcessRun) -> None:
    """The same, with no child left that succeeded."""
    three.box.slack.unknown.add("C0123456789")
    for address in ("sales@acme.example", "boss@acme.example"):
        three.box.mail.faults.refuse(address, 550)
    run, _ = await three.run()
    assert run.state is RunState.FAILED


async def test_a_room_that_does_not_exist_keeps_no_mail_back(three: InProcessRun) -> None:
    """metabase/metabase#7409: an exception from Slack ended the loop before the mails."""
    three.box.slack.unknown.add("C0123456789")
    run, rows = await three.run()
    assert run.state is RunState.PARTIAL
    assert mails(three) == {"sales@acme.example": 1, "boss@acme.example": 1}
    assert row_of(rows, "room").state is DeliveryState.REFUSED


async def test_a_room_that_does_not_exist_gets_no_file_and_is_not_tried_again(three: InProcessRun) -> None:
    """metabase/metabase#48209: each retry after channel_not_found uploaded the files once more."""
    three.box.slack.unknown.add("C0123456789")
    await three.run()
    three.step()
    _, rows = await three.run()
    assert (row_of(rows, "room").state, row_of(rows, "room").reason) == (DeliveryState.SKIPPED, Reason.SUSPENDED)
    assert not three.box.outbox.of("upload")
    assert not [entry for entry in three.box.log if "files." in entry.route]


async def test_a_file_that_failed_is_tried_again_without_posting_the_digest_again(three: InProcessRun) -> None:
    """The same, the other way round: what stands in the room already stays as it is."""
    three.box.faults.arm(COMPLETE, "status", status=429, retry_after="1")
    run, rows = await three.run()
    assert row_of(rows, "room").state is DeliveryState.DEFERRED
    before = posts(three)
    ended = row_of(await to_its_end(three, run.key), "room")
    assert ended.state is DeliveryState.SENT
    assert posts(three) == before
    assert set(before.values()) == {1}
    assert len(three.box.outbox.of("upload")) == 1


async def test_a_slack_that_is_down_for_a_while_delays_the_room_alone(three: InProcessRun) -> None:
    """metabase/metabase#62790: a transient error was final."""
    three.box.faults.arm(POST, "status", status=429, retry_after="1")
    run, rows = await three.run()
    assert mails(three) == {"sales@acme.example": 1, "boss@acme.example": 1}
    assert (row_of(rows, "room").state, row_of(rows, "room").reason) == (DeliveryState.DEFERRED, Reason.RATE_LIMITED)
    assert row_of(await to_its_end(three, run.key), "room").state is DeliveryState.SENT


async def test_a_refusal_says_its_code_once(three: InProcessRun) -> None:
    """It read: 550 5.1.1: 550 5.1.1 rcpt: 5.1.1 no such user, and: channel_not_found: channel_not_found."""
    three.box.slack.unknown.add("C0123456789")
    three.box.mail.faults.refuse("boss@acme.example", 550)
    _, rows = await three.run()
    mail, post = row_of(rows, "boss").sentence, row_of(rows, "room").sentence
    code = mail.partition(" rcpt")[0]
    assert code.startswith("550"), mail
    assert [mail.count(word) for word in code.split()] == [1] * len(code.split()), mail
    assert post.count("channel_not_found") == 1, post

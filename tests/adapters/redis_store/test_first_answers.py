"""First answers to repeated requests, on a real Redis."""

from tests.support.ledger_fixture import LedgerFixture
from worker.adapters.redis_store.first_answers import KEPT, TURN
from worker.ports import FirstAnswer, Repetition


async def test_the_first_answer_is_that_of_all(story: LedgerFixture) -> None:
    answers = story.first_answers
    assert await answers.begin("k", "a") is Repetition.NEW
    assert await answers.begin("k", "a") is Repetition.GOING
    assert await answers.begin("k", "b") is Repetition.OTHER_REQUEST
    await answers.keep("k", FirstAnswer(202, '{"key": "ü"}'))
    assert await answers.begin("k", "a") == FirstAnswer(202, '{"key": "ü"}')
    assert await answers.begin("k", "b") is Repetition.OTHER_REQUEST
    assert await answers.begin("other", "b") is Repetition.NEW


async def test_what_was_given_back_may_come_again(story: LedgerFixture) -> None:
    await story.first_answers.begin("k", "a")
    await story.first_answers.release("k")
    assert await story.first_answers.begin("k", "b") is Repetition.NEW


async def test_what_is_shown_once_is_known_without_its_body(story: LedgerFixture) -> None:
    await story.first_answers.begin("k", "a")
    await story.first_answers.keep("k", FirstAnswer(201, None))
    assert await story.first_answers.begin("k", "a") == FirstAnswer(201, None)


async def test_a_key_goes_after_a_day_and_a_killed_caller_holds_it_for_half_a_minute(story: LedgerFixture) -> None:
    await story.first_answers.begin("k", "a")
    [key] = [name async for name in story.client.scan_iter(match="*:answer:k")]
    assert KEPT - 5000 < await story.client.pttl(key) <= KEPT
    await story.client.hincrby(key, "turn", -TURN)
    assert await story.first_answers.begin("k", "a") is Repetition.NEW
    await story.client.delete(key)
    await story.first_answers.keep("k", FirstAnswer(200, "late"))
    assert await story.first_answers.begin("k", "a") is Repetition.NEW

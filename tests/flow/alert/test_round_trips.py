"""What the alerts of a run cost in fetches, passes and round trips to Redis, however many there are."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.domain.builders import deal
from tests.support.trips import Trips
from tests.support.watched import Watched, watched
from worker.adapters.expressions.cel import CelCondition
from worker.adapters.redis_server import EmbeddedRedis

BIG, SMALL = 100_000, 100
MANY = 2_000


@pytest.fixture
def trips() -> Iterator[Trips]:
    with pytest.MonkeyPatch.context() as patch:
        yield Trips(patch)


async def test_thousands_of_alerts_take_as_many_round_trips_as_two(watch: Watched, trips: Trips) -> None:
    """They fire, go on, get worse and end; the run's answer and its notification included."""
    names = [f"oppo_{n:04}" for n in range(MANY)]
    spent = dict[int, list[int]]()
    for known in (names[:2], names):
        await watch.run([deal(name, SMALL) for name in names])
        counts = []
        for value in (BIG, BIG, 2 * BIG, SMALL):
            trips.count = 0
            await watch.run([deal(name, value if name in known else SMALL) for name in names])
            counts.append(trips.count)
        spent[len(known)] = counts
    two, many = spent[2], spent[MANY]
    assert all(after - before <= 2 * MANY // 1000 for before, after in zip(two, many, strict=True)), spent
    assert len({subject for _, subject, _ in await watch.told()}) == MANY


async def test_hundreds_of_rules_over_one_answer_take_one_fetch_one_pass_each_and_no_more_round_trips(
    empty_redis: EmbeddedRedis, tmp_path: Path, trips: Trips, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, rules, spent = "abcde", 400, list[int]()
    fetched, judged = list[str](), Counter[int]()
    fetch, judge = Watched.answer, CelCondition.__call__

    async def counted_fetch(watch: Watched, source: Any, account: str, question: Any) -> Any:
        fetched.append(question.item.id)
        return await fetch(watch, source, account, question)

    def counted(condition: CelCondition, variables: Any) -> bool | None:
        judged[id(condition)] += 1
        return judge(condition, variables)

    monkeypatch.setattr(Watched, "answer", counted_fetch)
    monkeypatch.setattr(CelCondition, "__call__", counted)
    more = "}" + "".join(f"\n  - {{id: r{n}, for_each: deals, if: row.value >= {n + 1}.5" + "}" for n in range(rules))
    for at, own in enumerate(("", more[:-1])):
        async with watched(empty_redis.url, tmp_path / f"p{at}", rule=own) as watch:
            await watch.run([deal(name, SMALL) for name in names])
            fetched.clear()
            judged.clear()
            trips.count = 0
            key = await watch.run([deal(name, BIG) for name in names])
            spent.append(trips.count)
            assert fetched == ["deals"]
            assert set(judged.values()) == {len(names)}
            assert len(judged) == (rules + 1 if own else 1)
            record = await watch.services.alerts.record(key)
            assert record is not None
            assert len(record.evaluations) == len(judged)
            await watch.ledger.scripts.ask("FLUSHALL")
    assert spent[1] - spent[0] <= 2 * len(names) * rules // 1000, spent

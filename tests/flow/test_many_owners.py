"""Owners of one team, weeks of hand-overs, one process: nobody is shown what belongs to somebody else."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.support.many_owners import OPS, Deal, Team, delivery, pasts, services, team
from worker.adapters.smtp.mime import MailContent
from worker.domain.delivery import Baseline, Reader
from worker.flow.run.comparison import ReaderDigest
from worker.flow.services import Services

Case = tuple[int, Reader, dict[str, Baseline]]
"""A week's run, a reader, and what that reader was last sent."""

TINY = dict.fromkeys(("found", "splits", "addresses", "pasts", "digest_memo", "renderings", "common"), 1)
MIXED = {"found": 1, "splits": 1, "addresses": 1, "digest_memo": 3, "renderings": 50}
KEY = re.compile(r"k\dx\d{4}")
AMOUNT = re.compile(r"(?<![\d.])\d{9}(?![\d.])")


async def cases(of: Team) -> list[Case]:
    found = await pasts(services(of), of)
    return [(week, reader, dict(past)) for week, known in enumerate(found) for reader, past in known.items()]


async def opened(shared: Services, case: Case) -> ReaderDigest:
    week, reader, past = case
    made = await shared.digests.open(delivery(week, reader), past)
    assert made is not None
    return made


async def message(shared: Services, case: Case) -> MailContent:
    made = await opened(shared, case)
    content = await made.content(shared.connectors.channel(made.bundle, made.entry.channel, made.entry.address))
    assert isinstance(content, MailContent)
    return content


def words(content: MailContent) -> str:
    files = [f"{one.name} {one.body.decode()}" for one in content.attachments]
    return "\n".join([content.subject, content.text, content.html or "", *files])


def before(case: Case) -> int | None:
    """The week of what the reader was last sent."""
    held = case[2].get("deals")
    return None if held is None else int(held.snapshot.removeprefix("week"))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_message_holds_deals_names_and_amounts_of_its_reader_alone(seed: int) -> None:
    """Every value belongs to one deal, and no sum of some is the value of another."""
    of = team(seed, owners=24, deals=150, weeks=4)
    values = {one.value: one.key for week in of.weeks for one in week.values()}
    shared, seen = services(of, **TINY), 0
    for case in await cases(of):
        week, reader, _ = case
        then = before(case)
        now, was = of.of(week, reader.address), of.of(then, reader.address) if then is not None else {}
        told = words(await message(shared, case))
        keys = set(KEY.findall(told))
        assert keys <= now.keys() | was.keys(), (case, keys - now.keys() - was.keys())
        # Of a deal that was handed on, its reader knows the value of the last digest.
        own = {one.value for one in now.values()} | {one.value for one in was.values()}
        own |= {one.value for one in of.weeks[week].values() if one.key in was and of.address(one) == reader.address}
        shown = {int(text) for text in AMOUNT.findall(told)} & values.keys()
        assert {values[amount] for amount in shown - own} == set(), case
        made = await opened(shared, case)
        assert [one.closing for one in made.digest.keys] == (
            [sum(one.value for one in now.values())] if now or was else []
        )
        assert made.found.snapshots["deals"].rows is not None
        assert {row.key for row in made.found.snapshots["deals"].rows.rows} == now.keys()
        seen += len(keys)
    assert seen > 500


@pytest.mark.parametrize("sizes", [TINY, MIXED, {}])
async def test_a_message_is_the_one_that_a_fresh_process_makes_whatever_was_opened_before(
    sizes: dict[str, int],
) -> None:
    of = team(5, owners=10, deals=40, weeks=4)
    every = await cases(of)
    alone = [await message(services(of), case) for case in every]
    shared, wrong, dice = services(of, **sizes), [], Random(7)  # noqa: S311  # an order, the same in every test run
    for _ in range(20):
        order = dice.sample(range(len(every)), len(every))
        while order:
            size = dice.choice([1, 2, 10])
            some, order = order[:size], order[size:]
            made = await asyncio.gather(*(message(shared, every[at]) for at in some))
            wrong += [every[at] for at, one in zip(some, made, strict=True) if one != alone[at]]
    assert wrong == []
    assert len({words(one) for one in alone}) == len(every)


@pytest.mark.parametrize("seed", range(6))
async def test_what_owners_are_told_of_deals_that_changed_hands_balances(seed: int) -> None:
    """Of everybody who was told both weeks: a deal leaves at its old value and joins at its new one, once each."""
    of = team(seed, owners=6, deals=60, weeks=4)
    shared, handed = services(of), 0
    moves, amounts, regular = Counter[tuple[int, str, str]](), Counter[tuple[int, str]](), set[tuple[int, str]]()
    for case in await cases(of):
        week, reader, _ = case
        if before(case) == week - 1:
            regular.add((week, reader.address))
            for move in (await opened(shared, case)).digest.moves:
                if move.move in {"moved_in", "moved_out"}:
                    moves[week, move.key, move.move] += 1
                    amounts[week, move.key] += move.amount.amount if move.amount else 0
    for week, key, was, now in stayed_open(of):
        ends = {(week, of.address(was)), (week, of.address(now))}
        if len(ends) == 1:
            assert moves[week, key, "moved_out"] == moves[week, key, "moved_in"] == 0
        elif ends <= regular:
            assert moves[week, key, "moved_out"] == moves[week, key, "moved_in"] == 1
            assert amounts[week, key] == now.value - was.value
            handed += 1
    assert handed > 20


def stayed_open(of: Team) -> Iterator[tuple[int, str, Deal, Deal]]:
    """Week, key, the deal a week ago and now."""
    for week in range(1, len(of.weeks)):
        for key, was in of.weeks[week - 1].items():
            now = of.weeks[week][key]
            if was.status == now.status == "open":
                yield week, key, was, now


async def test_deals_of_nobody_and_of_owners_without_address_are_read_by_one() -> None:
    of = team(1, owners=6, deals=60, weeks=2)
    for case in await cases(of):
        if case[1].address == OPS:
            made = await opened(services(of), case)
            rows = made.found.snapshots["deals"].rows
            assert rows is not None
            assert {rows.record(row)["owner_id"] for row in rows.rows} == {"user0", None}


async def test_five_hundred_owners_share_ten_thousand_deals_as_a_plain_loop_shares_them() -> None:
    of = team(11, owners=500, deals=10_000, weeks=2)
    shared, readers, listed = services(of), 0, 0
    then, now = split(of, 0), split(of, 1)
    for case in await cases(of):
        if case[0] != 1:
            continue
        made = await opened(shared, case)
        rows, address = made.found.snapshots["deals"].rows, made.reader.address
        assert rows is not None
        assert {row.key: row.cells[rows.index("value")] for row in rows.rows} == now.get(address, {})
        (figure,) = made.digest.keys
        assert (figure.closing, figure.count) == (sum(now.get(address, {}).values()), len(now.get(address, {})))
        if before(case) == 0:
            assert (figure.opening, figure.opening_count) == (sum(then[address].values()), len(then[address]))
        readers, listed = readers + 1, listed + len(rows.rows)
    assert (readers, listed) == (len(then.keys() | now.keys()), sum(len(own) for own in now.values()))
    assert readers == 499  # all but the one without an address and one of the two who share one, and `unassigned`


def split(of: Team, week: int) -> dict[str, dict[str, int]]:
    """Values of open deals by address and key."""
    found: dict[str, dict[str, int]] = {}
    for key, one in of.weeks[week].items():
        if one.status == "open":
            found.setdefault(of.mail.get(str(one.owner), OPS), {})[key] = one.value
    return found

"""What a rule would have reported for the stored runs of its schedule. Nothing is sent, and nothing is written."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from worker.domain.alert.backtest import BackTest, BackTestFinding, backtest
from worker.domain.alert.past import History, PastAnswer, PastRun
from worker.domain.alert.rule import Rule
from worker.domain.alert.state import Acknowledgement
from worker.domain.run import Run, RunState
from worker.domain.schedule import Bundle, Schedule
from worker.domain.subscription import live_records
from worker.flow.alert.acts import ACKED, UNACKED
from worker.flow.alert.alert_readers import ReaderUses
from worker.flow.alert.deployed_rules import contexts_of
from worker.flow.alert.memory import memory_of
from worker.flow.alert.past_readers import PastQuiet, past_readers
from worker.flow.run.collect import COMPARED
from worker.flow.run.stored_answers import load_found
from worker.flow.uses import (
    UsesAlerts,
    UsesAudit,
    UsesClock,
    UsesDeployments,
    UsesHolidays,
    UsesLookups,
    UsesSnapshots,
    UsesSubscriptions,
)

PAGE = 1_000
"""Runs that are read from the ledger at once."""

MOST_ACTS = 10_000
"""Records of the audit list that are read for acknowledgements, the newest."""


class BackTestUses(
    ReaderUses,
    UsesAlerts,
    UsesAudit,
    UsesClock,
    UsesDeployments,
    UsesHolidays,
    UsesLookups,
    UsesSnapshots,
    UsesSubscriptions,
    Protocol,
): ...


@dataclass(frozen=True, slots=True)
class BackTested:
    """`runs`: that were read, from `since` to `until`. `findings`: of the rule, as its messages would have contained
    them. `messages`: by reader and the Monday of the week (UTC); each message is about this rule only.
    """

    schedule: str
    rule: Rule
    since: datetime
    until: datetime
    runs: int
    found: BackTest
    findings: tuple[BackTestFinding, ...]
    messages: Mapping[tuple[str, date], int]

    @property
    def a_week(self) -> Mapping[str, float]:
        """Messages a week, by reader, over the time for which there are answers."""
        first = self.found.since or self.until
        weeks = max((self.until - first) / timedelta(weeks=1), 1.0)
        total = Counter[str]()
        for (reader, _), count in self.messages.items():
            total[reader] += count
        return {reader: count / weeks for reader, count in total.items()}


async def backtested(
    uses: BackTestUses,
    bundle: Bundle,
    schedule: Schedule,
    rule: Rule,
    since: datetime,
    *,
    history: str = "",
    most: int | None = None,
) -> BackTested:
    """The rule begins without any state at `since`. `history`: the id under which the schedule's runs are stored, where
    a deployment will rename it. `most`: runs that are read, the newest; None for all. Rules that inhibit this one are
    evaluated beside it. Raises RequestError for a rule that this version does not understand.
    """
    name, now = history or schedule.id, await uses.clock.now()
    runs = (await _runs(uses, name, since))[-(most or 0) :]
    memory, silences = await asyncio.gather(memory_of(uses, schedule, name), uses.alerts.silences())
    beside = {one.source for one in schedule.inhibit if one.target == rule.id} | {rule.id}
    contexts = [one for one in await contexts_of(uses, bundle, schedule, memory) if one.rule.id in beside]
    records = await uses.subscriptions.records(name)
    subscribed = tuple(live_records(records, bundle, schedule, now).values())
    readers = await past_readers(uses, bundle, schedule, subscribed)
    given = History(
        readers,
        silences,
        await _acks(uses, memory.acks.values()),
        schedule.inhibit,
        {item.id: item.source for item in schedule.report},
        PastQuiet(uses, {one.id: one for one in readers.entries}),
        schedule.name,
    )
    loop = asyncio.get_running_loop()
    queries = {one.rule.query for one in contexts}

    def one_by_one() -> Iterator[PastRun]:
        """Read as they are needed: a year of answers does not fit into memory."""
        for run in runs:
            yield asyncio.run_coroutine_threadsafe(_past(uses, run, queries), loop).result()

    found = await asyncio.to_thread(backtest, contexts, one_by_one(), given)
    findings = tuple(one for one in found.findings if one.rule == rule.id)
    return BackTested(name, rule, since, now, len(runs), found, findings, _messages(findings))


async def _runs(uses: UsesLookups, schedule: str, since: datetime) -> Sequence[Run]:
    """Those that evaluated rules, or would have; oldest first, one for each slot."""
    found = {run.key.slot: run for run in await _newest(uses, schedule, since)}
    told = (run for run in found.values() if run.snapshots or run.gaps or run.state is RunState.FAILED)
    return sorted(told, key=lambda run: run.key.slot)


async def _newest(uses: UsesLookups, schedule: str, since: datetime) -> Sequence[Run]:
    """Page by page, down to `since`."""
    found = list[Run]()
    while page := await uses.lookups.runs(schedule, PAGE, str(found[-1].key) if found else ""):
        found += [run for run in page if run.key.slot >= since]
        if len(page) < PAGE or page[-1].key.slot < since:
            break
    return found


async def _past(uses: UsesSnapshots, run: Run, queries: AbstractSet[str]) -> PastRun:
    """Only the answers that the rules read are loaded."""
    kept = tuple(one for one in run.snapshots if one[0].removesuffix(COMPARED) in queries)
    found, names = await load_found(uses.snapshots, replace(run, snapshots=kept)), dict(kept)
    answers = {one.query_id: PastAnswer(one) for one in found.gaps if one.query_id in queries}
    known = {
        query: PastAnswer(answer, names[query], found.compared.get(query)) for query, answer in found.snapshots.items()
    }
    return PastRun(run.key, {**answers, **known})


async def _acks(uses: UsesAudit, in_force: Iterable[Acknowledgement]) -> tuple[Acknowledgement, ...]:
    """Present acknowledgements, and those of alerts that are over, from the audit list. An acknowledgement that was
    taken back does not count.
    """
    known = {one.fingerprint: [one] for one in in_force}
    taken = set[str]()
    for one in await uses.audit.newest(MOST_ACTS):
        fingerprint = one.subject.rpartition(" ")[2]
        if one.act == UNACKED:
            taken.add(fingerprint)
        elif one.act == ACKED and fingerprint not in taken:
            known.setdefault(fingerprint, []).append(Acknowledgement(fingerprint, one.who, one.at))
    return tuple(ack for acks in known.values() for ack in acks)


def _messages(findings: Sequence[BackTestFinding]) -> Mapping[tuple[str, date], int]:
    """Findings to one reader that are sent together are one message."""
    left = {(one.reader, one.leaves) for one in findings}
    return Counter((reader, at.date() - timedelta(days=at.weekday())) for reader, at in left)

"""Conversion and movements of a pipeline. They are read user by user, because the service has no answer for a company.

https://developers.pipedrive.com/docs/api/v1/Pipelines
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from worker.domain.money import code_of
from worker.domain.snapshot.notes import Note
from worker.domain.snapshot.snapshot import Cell, Kind, Measure, Row, Table, table
from worker.errors import SourceRefused
from worker.ports import Question
from worker.sources.common.parse import Node
from worker.sources.pipedrive import costs
from worker.sources.pipedrive.amounts import Amounts, amounts_of
from worker.sources.pipedrive.client import PipedriveClient, PipedriveRequest
from worker.sources.pipedrive.currencies import CurrenciesCache
from worker.sources.pipedrive.names import PipedriveNames
from worker.sources.pipedrive.notes import LEFT, OWN_DEALS, SHARES
from worker.sources.pipedrive.people import people
from worker.sources.pipedrive.stage_tables import stage_ages, stage_rates
from worker.sources.pipedrive.statistics_tables import (
    AGES,
    CONVERSION,
    MOVEMENTS,
    MOVES,
    VALUES,
    maps,
    seconds,
    share,
    totals,
    unique,
    value_sums,
)
from worker.together import together

EVERYBODY = "all"
_NOBODY = frozenset({400, 403, 404, 410})
"""Statuses of an answer for a user without statistics."""


@dataclass(frozen=True, slots=True)
class StatisticsAnswer:
    """`sent`: endpoint → requests, without those for names and look-ups."""

    measures: tuple[Measure, ...]
    tables: tuple[Table, ...]
    notes: tuple[Note, ...]
    sent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """One question about one pipeline, for days with both ends included. `left_out`: user who left and has no answer →
    reason.
    """

    client: PipedriveClient
    names: PipedriveNames
    currencies: CurrenciesCache
    question: Question
    start: str
    end: str
    left_out: dict[str, str] = field(default_factory=dict)

    async def conversion(self) -> StatisticsAnswer:
        """Table `conversion`, keyed `user|from|to`, with a `pipeline` that leads to `won` and `lost`.

        Rates of several users cannot be combined, because the number of deals behind each is not known. Instead the
        deals that all of them won and lost are counted, from their movements. Raises SourceError.
        """
        users = self._users()
        answers = await self._each(costs.CONVERSION, users)
        rates = [list(self._rates(user, answer)) for user, answer in answers.items()]
        rows = [pair for user, own in zip(answers, rates, strict=True) for pair in own if self._has_row(user, own)]
        measures: tuple[Measure, ...] = ()
        sent = {costs.CONVERSION: len(users)}
        if self.question.item.params.get("shares", len(users) > 1):
            measures = self._shares(await self._each(costs.MOVEMENTS, users))
            sent[costs.MOVEMENTS] = len(users)
        notes = self._whose()
        if measures:
            notes.append(SHARES())
        found = unique("conversion", CONVERSION, rows)
        return StatisticsAnswer(measures, (found, stage_rates(found, self.names)), tuple(notes), sent)

    async def movements(self) -> StatisticsAnswer:
        """Tables `movements` keyed by user, `values` by `user|what|currency`, `ages` by `user|stage`, and `people`,
        which says the same of one person in one row.

        Counts and values are added up over users. Averages cannot be, and are left out of the totals. Raises
        SourceError.
        """
        users = self._users()
        answers = await self._each(costs.MOVEMENTS, users)
        amounts = await amounts_of(self.currencies, list(maps(answers.values())), [])
        every = [self._moved(user, answer, amounts) for user, answer in answers.items()]
        told = [one for one in every if one.moves or not self._gone(one.row.key)]
        moved = table("movements", MOVEMENTS, (one.row for one in told))
        values = table("values", VALUES, (row for one in told for row in one.values))
        ages = unique("ages", AGES, [pair for one in told for pair in one.ages])
        notes = (*self._whose(), *amounts.notes)
        sent = {costs.MOVEMENTS: len(users)}
        tables = (moved, values, ages, people(moved, values), stage_ages(ages, self.names))
        return StatisticsAnswer((*totals(moved), *value_sums(values)), tables, notes, sent)

    @property
    def _everybody(self) -> bool:
        return self.question.item.params.get("user_id") in (EVERYBODY, [EVERYBODY])

    def _users(self) -> list[str]:
        """The requested ids; the token's own user if none is named. `all` includes users who left, because the company
        won their deals.
        """
        given = self.question.item.params.get("user_id")
        if self._everybody:
            if not self.names.users:
                raise SourceRefused(costs.USERS, "user_id: all needs the right to see the users", status=403)
            return list(self.names.users)
        chosen = given.split(",") if isinstance(given, str) else list(given or [])
        return [str(user).strip() for user in chosen] or [self.names.me.id]

    def _gone(self, user: str) -> bool:
        """Whether this is a user who left and was not asked for by name."""
        return self._everybody and user not in self.names.active

    def _has_row(self, user: str, rates: list[tuple[Node, Row]]) -> bool:
        """A user who left and has no deals gets no row."""
        return not self._gone(user) or any(row.cells[-1] for _, row in rates)

    def _whose(self) -> list[Note]:
        """Notes on whose figures these are, if they may be fewer than expected."""
        if "user_id" not in self.question.item.params:
            return [OWN_DEALS(self.names.me.name)]
        return [LEFT(self.names.user(user), why) for user, why in self.left_out.items()]

    async def _each(self, endpoint: str, users: list[str]) -> dict[str, Node]:
        """User → answer."""
        answers = await together(self._asked(endpoint, user) for user in users)
        return {user: answer for user, answer in zip(users, answers, strict=True) if answer is not None}

    async def _asked(self, endpoint: str, user: str) -> Node | None:
        """None for a user who left and for whom the service has no answer."""
        params = {"start_date": self.start, "end_date": self.end}
        if "user_id" in self.question.item.params:
            params["user_id"] = user
        request = PipedriveRequest(endpoint, params, str(self.question.item.params["id"]))
        try:
            answer = await self.client.read(request)
        except SourceRefused as refusal:
            if not self._gone(user) or refusal.status not in _NOBODY:
                raise
            self.left_out[user] = str(refusal)
            return None
        return answer.get("data").object()

    def _rates(self, user: str, data: Node) -> Iterator[tuple[Node, Row]]:
        own = (user, self.names.user(user))
        for step in data.get("stage_conversions").items():
            came, went = (step.get(name).number_id_or_none() for name in ("from_stage_id", "to_stage_id"))
            cells = (*own, came, self.names.stage(came), went, self.names.stage(went))
            yield step, Row(f"{user}|{came or 'none'}|{went or 'none'}", (*cells, share(step.get("conversion_rate"))))
        for end in ("won", "lost"):
            told = data.get(f"{end}_conversion")
            yield told, Row(f"{user}|pipeline|{end}", (*own, None, None, None, end, share(told)))

    def _shares(self, answers: dict[str, Node]) -> tuple[Measure, ...]:
        whom = "company" if self._everybody and not self.left_out else "chosen"
        won, lost = (
            sum(data.get(name).get("count").whole() for data in answers.values())
            for name in ("won_deals", "lost_deals")
        )
        ended = won + lost
        why = None if ended else "nothing was won or lost"
        return (
            Measure(("total", f"{whom}_won_deals"), Kind.INT, won),
            Measure(("total", f"{whom}_lost_deals"), Kind.INT, lost),
            Measure(("total", f"{whom}_won_share_of_ended"), Kind.RATIO, won / ended if ended else None, why_null=why),
            Measure(
                ("total", f"{whom}_lost_share_of_ended"), Kind.RATIO, lost / ended if ended else None, why_null=why
            ),
        )

    def _moved(self, user: str, data: Node, amounts: Amounts) -> "_Moved":
        own = (user, self.names.user(user))
        ages = data.get("average_age_in_days")
        told = not ages.absent and ages.value != []
        counts: list[Cell] = [data.get("movements_between_stages").get("count").whole()]
        counts += [data.get(name).get("count").whole() for name in MOVES]
        whole = seconds(ages.get("across_all_stages")) if told else None
        values = [
            Row(f"{user}|{name}|{code_of(currency)}", (*own, name, currency, amount))
            for name in MOVES
            for currency, amount in amounts.by_currency(data.get(name).get("values"))
        ]
        by_stage = list(ages.get("by_stages").items()) if told else []
        ages_by_stage = [(stage, self._age(user, own, stage)) for stage in by_stage]
        return _Moved(Row(user, (*own, *counts, whole)), values, ages_by_stage, any(counts) or bool(values))

    def _age(self, user: str, own: tuple[Cell, ...], stage: Node) -> Row:
        stage_id = stage.get("stage_id").number_id()
        cells = (*own, stage_id, self.names.stage(stage_id), seconds(stage.get("value")))
        return Row(f"{user}|{stage_id}", cells)


@dataclass(frozen=True, slots=True)
class _Moved:
    """One user's movements. `moves`: whether there are any."""

    row: Row
    values: list[Row]
    ages: list[tuple[Node, Row]]
    moves: bool

"""Each value of a column as the subject of a rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from worker.domain.alert.context import AlertAnswers, RuleContext
from worker.domain.alert.deciding import Deciding
from worker.domain.alert.predicates import Variables
from worker.domain.alert.row_subjects import NOTHING_KNOWN, table_of
from worker.domain.alert.subject import Amount, SubjectFacts
from worker.domain.alert.sums import Tally, currencies_read, tallies
from worker.domain.expression import Given
from worker.domain.snapshot.snapshot import Kind, Table


def group_columns(table: Table, by: str) -> tuple[str, str]:
    """The column whose value makes a group, and the column with its name: owner_id and owner for either of them."""
    base = by.removesuffix("_id")
    key = f"{base}_id" if table.position(f"{base}_id") is not None else by
    return key, base if table.position(base) is not None else key


def tally_amount(found: Tally, decides: Deciding | None) -> Amount:
    """The sum in the currency that decides, or in the only one there is; else the number of rows."""
    only = next(iter(found.totals)) if len(found.totals) == 1 else ""
    currency = decides.key if decides is not None and decides.column == "value" else ""
    if not currency and decides is None:
        currency = only
    if currency:
        return Amount(Kind.MONEY, found.total(currency), currency)
    valued = decides is not None and decides.column == "count_with_value"
    return Amount(Kind.INT, found.valued if valued else found.count)


@dataclass(frozen=True)
class GroupSubjects:
    """Implements Subjects. A group is there while it has rows."""

    context: RuleContext
    answers: AlertAnswers
    decides: Deciding | None = None

    def each(self) -> Iterator[tuple[str, Variables]]:
        before = self._before
        currencies = currencies_read(self.context.rule, [*self._now.values(), *(before or {}).values()])
        for key, found in self._now.items():
            was = NOTHING_KNOWN if before is None else None
            if before is not None and key in before:
                was = self._given(key, before[key], currencies)
            yield key, {"group": self._given(key, found, currencies), "was_group": was}

    def facts(self, subject: str) -> SubjectFacts:
        found, name, key = self._now[subject], self._names.get(subject, subject), self._columns[0]
        return SubjectFacts(
            key=subject,
            name=name,
            amount=tally_amount(found, self.decides),
            owner_id=subject if key == "owner_id" else "",
            owner=name if key == "owner_id" else "",
            stage=name if key == "stage_id" else "",
            count=found.count,
            cells={key: subject},
        )

    @cached_property
    def _table(self) -> Table | None:
        return table_of(self.context, self.answers.now)

    @cached_property
    def _columns(self) -> tuple[str, str]:
        by = self.context.rule.by
        return group_columns(self._table, by) if self._table is not None else (by, by)

    @cached_property
    def _now(self) -> Mapping[str, Tally]:
        return tallies(self._table, self._columns[0]) if self._table is not None else {}

    @cached_property
    def _before(self) -> Mapping[str, Tally] | None:
        """None without a baseline."""
        if self.answers.before is None:
            return None
        table = table_of(self.context, self.answers.before)
        return tallies(table, self._columns[0]) if table is not None else {}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        if self._table is None:
            return {}
        key, name = (self._table.position(column) for column in self._columns)
        if key is None or name is None:
            return {}
        return {str(row.cells[key]): str(row.cells[name]) for row in self._table.rows if row.cells[name]}

    def _given(self, key: str, found: Tally, currencies: Sequence[str]) -> Given:
        return {
            "key": key,
            "name": self._names.get(key, key),
            "count": Decimal(found.count),
            "count_with_value": Decimal(found.valued),
            "value": found.values(currencies),
        }

"""What an alert is about, as messages and lists show it."""

from collections.abc import Mapping
from dataclasses import field

from worker.domain.readonly import readonly
from worker.domain.snapshot.snapshot import Cell, Kind

NO_DATA_SUBJECT = "(no data)"
"""The subject of a rule's own alert that its query gives no data."""


@readonly
class Amount:
    """The number by which an alert gets worse, and which a message shows first. `value`: in minor units for money (with
    `currency`), else in the kind's own unit. None: the service knows no value.
    """

    kind: Kind
    value: int | float | None
    currency: str | None = None


@readonly
class SubjectFacts:
    """One subject as of one slot. `name`: words for a person (a deal's title, an owner's name, a query's name). `key`:
    the row's key, the group's value, or the query's id. `cells`: for a row of opportunities what a message shows of it
    (next_step, stall_reason, expected_close, stage_since, stalled_since, updated_at) and what matchers may ask for
    (pipeline_id, currency, the columns of an inhibition), by column, as stored. `count`:
    rows of a group.
    """

    key: str
    name: str
    amount: Amount | None = None
    owner_id: str = ""
    owner: str = ""
    stage: str = ""
    url: str = ""
    count: int | None = None
    cells: Mapping[str, Cell] = field(default_factory=dict)


@readonly
class Operand:
    """A value that a clause read: `name` as written ("row.value"), and what it was, as a snapshot stores it: money in
    minor units, an instant in milliseconds, a date as text.
    """

    name: str
    kind: Kind
    value: int | float | str | bool | None
    currency: str | None = None


@readonly
class ClauseResult:
    """One clause of a condition and how it turned out. `text`: the clause as written. `holds` is None if a value that
    it needs is not known. `operator` and `threshold`: of a clause that compares one value with a constant ("row.value",
    ">=", "50000"), else empty.
    """

    text: str
    holds: bool | None
    operands: tuple[Operand, ...] = ()
    operator: str = ""
    threshold: str = ""

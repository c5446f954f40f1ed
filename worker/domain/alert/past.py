"""Stored history as the input of a back-test: the answers of past runs, the readers, and what was muted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.alert.context import AlertAnswers
from worker.domain.alert.readers import AlertReader
from worker.domain.alert.rule import Inhibition
from worker.domain.alert.silence import Silence
from worker.domain.alert.state import Acknowledgement
from worker.domain.run import RunKey
from worker.domain.snapshot.snapshot import Gap, Snapshot

Quiet = Callable[[AlertReader, datetime], datetime | None]
"""Until when a reader's quiet hours last that hold at an instant; None outside of them."""


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """`snapshot`: the id under which it is stored, empty for a gap. `compared`: the comparison window's answer."""

    answer: Snapshot | Gap | None
    snapshot: str = ""
    compared: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class PastRun:
    """`answers`: by query id. A query without one failed with its run."""

    run: RunKey
    answers: Mapping[str, PastAnswer]


ReadersOf = Callable[[Mapping[str, AlertAnswers]], Sequence[AlertReader]]
"""Who is notified, given a run's answers by query id: for an entry with `each`, the readers follow from the rows."""


@dataclass(frozen=True, slots=True)
class History:
    """The recorded inputs that decided who was notified: silences and acknowledgements with their times."""

    readers: ReadersOf
    silences: Sequence[Silence] = ()
    acks: Sequence[Acknowledgement] = ()
    inhibitions: Sequence[Inhibition] = ()
    connections: Mapping[str, str] = field(default_factory=dict)
    quiet: Quiet = lambda _reader, _at: None
    name: str = ""

"""What changed since the reader's last digest and is not part of the key figure or its bridge."""

from collections.abc import Sequence

from worker.domain.diff.changes import ColumnChange, QueryChange
from worker.domain.digest.figures import measure_name
from worker.domain.digest.model import Digest
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.measure import KeyMeasureWords
from worker.rendering.page.query_names import QueryNames
from worker.rendering.wording import Wording

BRIDGED = frozenset({"value", "currency", "period"})
"""Columns whose changes the bridge includes. The bridge also shows which deals joined and left."""

QUERIES = 3
MEASURES = 2


class WhatChanged:
    def __init__(
        self, digest: Digest, w: Wording, names: QueryNames, number: KeyNumber, measure: KeyMeasureWords
    ) -> None:
        self._digest = digest
        self._w = w
        self._names = names
        self._number = number
        self._measure = measure

    @property
    def changes(self) -> str:
        """Changes of the main list, or of the other queries if the main list did not change. A main figure itself shows
        how a new period differs from the one before.
        """
        if self._number.first:
            return ""
        bridged = any(view.lines for view in self._digest.bridges)
        own = next((one for one in self._digest.changes if one.query_id == self._digest.key_query), None)
        if own is not None:
            return ", ".join(self._own(own, bridged=bridged))
        changes = [one for one in self._digest.changes if not self._is_said(one)]
        return self._of_several(changes) if len(changes) > 1 else "".join(map(self._named, changes))

    def _of_several(self, changes: Sequence[QueryChange]) -> str:
        """Only the titles: the sections below have the changes, and all of them would be too long here."""
        titles = list(dict.fromkeys(self._names.title(one.query_id) for one in changes))
        more = [self._w.more(len(titles) - QUERIES, "queries")] if len(titles) > QUERIES else []
        return ", ".join(titles[:QUERIES] + more)

    def _named(self, change: QueryChange) -> str:
        return f"{self._names.title(change.query_id)}: {self._of(change)}"

    def _is_said(self, change: QueryChange) -> bool:
        """Whether the key figure already shows the change: for a new period against the one before, otherwise since the
        last digest.
        """
        key = self._digest.measure
        if key is None or not self._measure.measure_moved:
            return False
        return change.new_period or (change.query_id == key.query_id and key.before_is == "baseline")

    def _own(self, change: QueryChange, *, bridged: bool) -> list[str]:
        """Column by column. The service's own sums are left out beside a bridge, which explains their change."""
        if bridged:
            return [self._column(one) for one in change.columns if one.column not in BRIDGED and self._has_words(one)]
        return [*self._rows(change), *map(self._column, change.columns), *self._measures(change)]

    def _of(self, change: QueryChange) -> str:
        first = [self._w.say("since.first")] if change.first else []
        edited = [self._w.say("changed.rows", change.rows)] if change.rows else []
        return ", ".join([*first, *self._measures(change), *self._rows(change), *edited])

    def _rows(self, change: QueryChange) -> list[str]:
        added = [self._w.say("changed.added", change.added)] if change.added else []
        return [*added, self._w.say("changed.removed", change.removed)] if change.removed else added

    def _has_words(self, change: ColumnChange) -> bool:
        """For columns of single deals; sums of groups change with the deals."""
        return self._w.knows(f"counted.{change.to}") or self._w.knows(f"changed.{change.column}")

    def _column(self, change: ColumnChange) -> str:
        """A status is printed as the outcome of the deals; a column without words is printed by its name."""
        for key in (f"counted.{change.to}", f"changed.{change.column}"):
            if self._w.knows(key):
                return self._w.say(key, change.rows)
        return self._w.say("changed.cells", change.rows, what=self._w.metric_label(change.column))

    def _measures(self, change: QueryChange) -> list[str]:
        names = dict.fromkeys(self._w.metric_label(measure_name(key)) for key in change.measures)
        told = list(names)[:MEASURES]
        return [*told, self._w.more(len(names) - MEASURES, "measures")] if len(names) > MEASURES else told

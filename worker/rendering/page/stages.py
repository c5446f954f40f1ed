"""A first digest's open deals by stage."""

from worker.domain.digest.model import Digest
from worker.rendering.bars import from_zero
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.rows import Cut, StageRow
from worker.rendering.wording import NONE, Wording, needs_cents


class OpenByStage:
    def __init__(self, digest: Digest, w: Wording, cut: Cut, number: KeyNumber) -> None:
        self._digest = digest
        self._w = w
        self._cut = cut
        self._number = number

    @property
    def _stage_cents(self) -> bool:
        every = [m for stage in self._digest.stages for m in stage.totals]
        return any(needs_cents([m.amount], m.currency) for m in every)

    @property
    def stage_total(self) -> str:
        """In the same form as the rows above it: they must add up as printed."""
        key = self._number.key
        return NONE if key is None else self._w.money(key.closing, key.currency, cents=self._stage_cents)

    @property
    def stage_rows(self) -> tuple[StageRow, ...]:
        """A first digest's open deals by stage; bars only if all have one currency and can be compared."""
        single = len(self._digest.keys) == 1
        sums = [sum(m.amount for m in stage.totals) if single else None for stage in self._digest.stages]
        lengths = from_zero(sums)
        cents = self._stage_cents
        return tuple(
            StageRow(self._stage_name(s.stage), self._w.count(s.count), self._w.sum(s.totals, cents), length)
            for s, length in zip(self._digest.stages, lengths, strict=True)
        )

    @property
    def shown_stages(self) -> tuple[StageRow, ...]:
        """The rows of `stage_rows` with the most deals, as many as are printed, in the order of the pipeline."""
        rows, deals = self.stage_rows, [stage.count for stage in self._digest.stages]
        largest = sorted(range(len(rows)), key=lambda at: -deals[at])[: self._cut.stages]
        return tuple(rows[at] for at in sorted(largest))

    @property
    def other_stages(self) -> str:
        """The text for the stages that are not printed; "" if there are none."""
        left = len(self._digest.stages) - self._cut.stages
        return self._w.say("cut.stages", n=left) if left > 0 else ""

    def _stage_name(self, stage: str | None) -> str:
        return self._w.named(stage, self._w.say("no_stage"))

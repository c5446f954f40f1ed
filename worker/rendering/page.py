"""What every form of a digest says alike, worked out once: the headline, Why and Act, the rows of bridge and funnel
with the lengths of their bars, and what was cut. Templates place it; they decide nothing.
"""

import textwrap
from functools import cached_property

from worker.domain.digest.model import FunnelSection, FunnelStage, SourceLine, TableSection
from worker.domain.reason import Reason
from worker.domain.snapshot.opportunity import TABLE as OPPORTUNITIES
from worker.domain.snapshot.snapshot import Column, GapReason
from worker.rendering.bars import from_zero
from worker.rendering.page_inbox import Inbox
from worker.rendering.page_rows import CUTS, Cut, FunnelRow, SourceRow
from worker.rendering.wording import MINUS, NONE
from worker.sanitize import clean, isolate, plain

__all__ = ["CUTS", "Cut", "Page"]

FEW = 10
"""A funnel whose largest stage is under this is told in counts: percentages of a handful mislead."""

VERY_FEW = 5
GROUPS = "groups"
STAND_INS = {"sandbox": "close", "sandbox-pipedrive": "pipedrive", "sandbox-umami": "umami"}
WEBSITES = "umami"
TEXT_WIDTH = 64


class Page(Inbox):
    """One digest in one reader's words. `csv` names the attached CSV files, where what was cut may be found."""

    # funnel

    def few(self, section: FunnelSection) -> bool:
        """Told in counts throughout."""
        return max((s.count or 0 for s in section.stages), default=0) < FEW

    def funnel_stages(self, section: FunnelSection) -> tuple[FunnelStage, ...]:
        """All stages, or so many that the first, the last and the largest between them stay."""
        if len(section.stages) <= self.cut.stages:
            return section.stages
        middle = sorted(section.stages[1:-1], key=lambda s: -(s.count or 0))[: self.cut.stages - 2]
        kept = {section.stages[0].key, section.stages[-1].key, *(s.key for s in middle)}
        return tuple(s for s in section.stages if s.key in kept)

    def stages_cut(self, section: FunnelSection) -> int:
        return len(section.stages) - len(self.funnel_stages(section))

    def funnel_rows(self, section: FunnelSection) -> tuple[FunnelRow, ...]:
        stages = self.funnel_stages(section)
        lengths = from_zero([s.count for s in stages] + [s.before_count for s in stages])
        few = self.few(section)
        return tuple(
            self._funnel_row(s, few, bar or 0.0, before)
            for s, bar, before in zip(stages, lengths[: len(stages)], lengths[len(stages) :], strict=True)
        )

    def _funnel_row(self, s: FunnelStage, few: bool, bar: float, before: float | None) -> FunnelRow:
        count = NONE if s.count is None else self.w.count(s.count)
        label = self.w.clean(s.label) or s.key
        if few:
            advanced, change = self._part(s.advanced, s.count), self._part(s.before_advanced, s.before_count)
            if s.won:
                advanced, change = NONE, NONE if s.before_count is None else self.w.count(s.before_count)
            return FunnelRow(label, count, advanced, change, "", s.won, bar, before)
        if s.won or s.advanced is None:
            return FunnelRow(label, count, NONE, NONE, "", s.won, bar, before)
        if (s.count or 0) < VERY_FEW or (s.before_count is not None and s.before_count < VERY_FEW):
            return FunnelRow(label, count, self._advanced(s), NONE, "", s.won, bar, before)
        change = NONE if s.before_advanced is None else self.w.points(s.advanced - s.before_advanced)
        return FunnelRow(label, count, self.w.percent(s.advanced), change, _sign_tone(change), s.won, bar, before)

    def _advanced(self, s: FunnelStage) -> str:
        return self._part(s.advanced, s.count) if (s.count or 0) < VERY_FEW else self.w.percent(s.advanced)

    def _part(self, fraction: float | None, count: int | None) -> str:
        if fraction is None or count is None:
            return NONE
        return self.w.say("of", part=self.w.count(round(fraction * count)), whole=self.w.count(count))

    # rest

    @property
    def tables(self) -> tuple[TableSection, ...]:
        return self.digest.tables[: self.cut.tables]

    @property
    def tables_cut(self) -> str:
        rest = self.digest.tables[self.cut.tables :]
        return self.w.say("cut.tables", what=", ".join(self.w.clean(t.query_id) for t in rest)) if rest else ""

    def query_title(self, query_id: str) -> str:
        """A query's own name in the schedule, as a title: "lost-reasons" → "Lost reasons"."""
        words = self.w.clean(query_id).replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:]

    def table_title(self, table: TableSection) -> str:
        """The query's name, and the table's own where it is one of several or not the query's main one."""
        title = self.query_title(table.query_id)
        if table.table_id in (OPPORTUNITIES, GROUPS, table.query_id):
            return title
        return f"{title}, {self.w.clean(table.table_id).replace('_', ' ').replace('-', ' ')}"

    def printed(self, table: TableSection, most: int) -> list[tuple[int, Column]]:
        """The columns that are worth a reader's width, with their places in a row: no id beside its name, and no
        currency, which every amount brings along.
        """
        names = {column.name for column in table.columns}
        told = [
            (place, column)
            for place, column in enumerate(table.columns)
            if column.name != "currency" and column.name.removesuffix("_id") not in names - {column.name}
        ]
        return told[:most]

    def legend(self, funnel: FunnelSection) -> str:
        what = self.counted(funnel.query_id)
        within = what if self.w.language == "de" else what.lower()  # German writes nouns large inside of a sentence
        return self.w.say("legend" if funnel.compared else "legend_alone", what=within)

    def counted(self, query_id: str) -> str:
        """What a funnel counts, as a column's head: deals, or a website's visitors."""
        service = next((line.source for line in self.digest.sources if line.query_id == query_id), "")
        return self.w.say("visitors_head" if service.endswith(WEBSITES) else "deals_head")

    def source_label(self, line: SourceLine) -> str:
        """A stand-in goes by the name of the service that it stands in for."""
        source = self.w.clean(STAND_INS.get(line.source, line.source))
        name = self.w.clean(line.query_id).replace("_", " ").replace("-", " ")
        return self.w.say("source_line", source=source[:1].upper() + source[1:], query=name)

    @cached_property
    def source_rows(self) -> tuple[SourceRow, ...]:
        return tuple(self._source_row(line) for line in self.digest.sources)

    def _source_row(self, line: SourceLine) -> SourceRow:
        time = NONE if line.as_of is None else self.w.clock(line.as_of)
        if line.gap is not None:
            partial = line.rows is not None and line.total is not None
            why = self.w.say(f"gap.{GapReason(line.gap.reason).value}")
            brought = self._rows("partial", line) if partial else self.w.say("missing", why=why)
            return SourceRow(self.source_label(line), brought, time, missing=True)
        brought = self.w.say("fetched")
        if line.rows is not None and line.total is not None:
            brought = self._rows("of_rows", line)
        elif line.rows is not None:
            brought = self.w.say("stages" if line.query == "funnel_stages" else "rows", line.rows)
        late = line.since_reason if self.digest.since is not None else None
        if late is not None and late is not Reason.FIRST:
            brought = f"{brought}, {self.w.say(f'since.{late.value}')}"
        return SourceRow(self.source_label(line), brought, time, missing=False)

    def _rows(self, key: str, line: SourceLine) -> str:
        return self.w.say(key, rows=self.w.count(line.rows or 0), total=self.w.count(line.total or 0))

    @property
    def compared(self) -> str:
        """The sentence that closes the sources."""
        since = self.digest.since
        if self.digest.gaps:
            stays = "comparison_none" if since is None else "comparison_stays"
            return self.w.say(stays) if since is None else self.w.say(stays, date=self.w.stamp(since))
        return self.w.say("complete_first") if since is None else self.w.say("complete", date=self.w.stamp(since))

    @property
    def next(self) -> tuple[str, str] | None:
        """What comes next when the key number is missing."""
        if self.digest.next_slot is None:
            return None
        since = self.digest.since
        more = self.w.say("compares_nothing") if since is None else self.w.say("compares_with", date=self.w.day(since))
        return self.w.say("next_digest", date=self.w.stamp(self.digest.next_slot)), more

    @property
    def band(self) -> str:
        return self.w.say("band", len(self.digest.gaps), total=self.w.count(len(self.digest.sources)))

    @property
    def gap_lines(self) -> tuple[str, ...]:
        """Each missing part: which, why, after how many tries."""
        labels = {line.query_id: self.source_label(line) for line in self.digest.sources}
        return tuple(
            f"{labels.get(g.query_id, g.query_id)}: {self.w.clean(g.sentence, 300).rstrip('.')}"
            + (f" ({self.w.say('band.tries', g.tries)})." if g.tries > 1 else ".")
            for g in self.digest.gaps
        )

    @property
    def gap_matters(self) -> bool:
        """A list is missing whose rows might otherwise seem to have come or gone."""
        lists = {self.digest.key_query} | {
            line.query_id for line in self.digest.sources if line.query == "opportunities"
        }
        return any(gap.query_id in lists for gap in self.digest.gaps)

    # text

    def indent(self, text: str, by: int) -> str:
        """Words of a plain-text line, broken before column 64 and set in by `by`."""
        return "\n".join(textwrap.wrap(plain(text), TEXT_WIDTH, initial_indent=" " * by, subsequent_indent=" " * by))

    def clip(self, name: str, width: int) -> str:
        """A name for a column of text, no longer than `width`, isolated where it runs from right to left."""
        return isolate(clean(name, width))

    def missing(self, query_id: str) -> bool:
        return any(gap.query_id == query_id for gap in self.digest.gaps)


def _sign_tone(change: str) -> str:
    return {"+": "in", MINUS: "out"}.get(change[:1], "")

"""A digest in one reader's language, as templates see it: `page.key`, `page.why`, `page.bridge_rows(view)`."""

from dataclasses import replace
from operator import attrgetter

from worker.domain.digest.model import Digest, SourceLine
from worker.rendering import text_table
from worker.rendering.page import links, text_lines
from worker.rendering.page.act import WhoMustAct
from worker.rendering.page.amounts import DealAmounts
from worker.rendering.page.bridges import MovementRows
from worker.rendering.page.changes import WhatChanged
from worker.rendering.page.facts import FactRows
from worker.rendering.page.figure_words import FigureWords
from worker.rendering.page.figures import FigureLists
from worker.rendering.page.funnels import FunnelRows
from worker.rendering.page.gaps import MissingParts
from worker.rendering.page.held import HeldRow, held_lines, held_rows
from worker.rendering.page.inbox import Head, Inbox
from worker.rendering.page.key_number import KeyNumber
from worker.rendering.page.measure import KeyMeasureWords
from worker.rendering.page.query_names import QueryNames
from worker.rendering.page.rows import Cut
from worker.rendering.page.sources import SourceRows
from worker.rendering.page.sparkline import SparkBar, sparkline
from worker.rendering.page.stages import OpenByStage
from worker.rendering.page.stalled import StalledDeals
from worker.rendering.page.tables import OtherTables
from worker.rendering.page.why import WhyItMoved
from worker.rendering.vocabulary import NO_SERVICES, Vocabulary
from worker.rendering.wording import Wording


class Page:
    """One digest in one reader's language. `csv` names the attached CSV files, which may have the omitted rows.
    `digest` is what the templates print of it; the parts count the whole. `series`: all digests have the same subject.

    Every part computes one thing. Templates, including those of projects, use the names below, each taken from its
    part.
    """

    def __init__(
        self,
        digest: Digest,
        w: Wording,
        cut: Cut,
        csv: tuple[str, ...] = (),
        vocabulary: Vocabulary = NO_SERVICES,
        *,
        series: bool = False,
    ) -> None:
        self.digest, self.w, self.cut, self.csv = _printed(digest, cut), w, cut, csv
        self._vocabulary = vocabulary
        words, names = FigureWords(w), QueryNames(digest, w)
        w = w.said_of(_stalled_words(digest))
        self._measure = KeyMeasureWords(digest, w, words, names)
        self._facts = FactRows(digest, w, words)
        self._figures = FigureLists(self.digest, w, names, cut.figures)
        self._number = KeyNumber(digest, w, self._measure)
        self._why = WhyItMoved(digest, w, self._number, self._measure)
        self._changes = WhatChanged(digest, w, names, self._number, self._measure)
        self._act = WhoMustAct(digest, w)
        head = Head(self._number, self._measure, self._facts, self._why, self._changes, self._act)
        self._inbox = Inbox(digest, w, names, head, vocabulary, series=series)
        self._amounts = DealAmounts(digest, w)
        self._movements = MovementRows(digest, w, cut)
        self._stages = OpenByStage(digest, w, cut, self._number)
        self._stalled = StalledDeals(digest, w, cut, self._amounts, csv)
        self._funnels = FunnelRows(digest, w, cut, vocabulary)
        self._tables = OtherTables(digest, w, names, cut, csv)
        self._sources = SourceRows(digest, w, names, vocabulary)
        self._gaps = MissingParts(digest, w, names, self._sources, vocabulary)

    subject = property(attrgetter("_inbox.subject"))
    preheader = property(attrgetter("_inbox.preheader"))

    key = property(attrgetter("_number.key"))
    second_key = property(attrgetter("_number.second_key"))
    other_keys = property(attrgetter("_number.other_keys"))
    holds = property(attrgetter("_number.holds"))
    nothing = property(attrgetter("_number.nothing"))
    none_listed = property(attrgetter("_number.none_listed"))
    unvalued = property(attrgetter("_number.unvalued"))
    by_stage = property(attrgetter("_number.by_stage"))
    others = property(attrgetter("_number.others"))
    standing = property(attrgetter("_number.standing"))
    of_stalled = property(attrgetter("_number.of_stalled"))
    unknown = property(attrgetter("_number.unknown"))
    first = property(attrgetter("_number.first"))
    unchanged = property(attrgetter("_number.unchanged"))
    still = property(attrgetter("_number.still"))
    key_label = property(attrgetter("_number.key_label"))
    movement = property(attrgetter("_number.movement"))
    arrow = property(attrgetter("_number.arrow"))
    tone = property(attrgetter("_number.tone"))
    last_known = property(attrgetter("_number.last_known"))
    since = property(attrgetter("_number.since"))
    from_to = property(attrgetter("_number.from_to"))
    first_line = property(attrgetter("_number.first_line"))

    measure = property(attrgetter("_measure.measure"))
    measure_label = property(attrgetter("_measure.measure_label"))
    measure_value = property(attrgetter("_measure.measure_value"))
    measure_none = property(attrgetter("_measure.measure_none"))
    measure_movement = property(attrgetter("_measure.measure_movement"))
    measure_before = property(attrgetter("_measure.measure_before"))
    measure_up = property(attrgetter("_measure.measure_up"))
    measure_tone = property(attrgetter("_measure.measure_tone"))
    measure_said = property(attrgetter("_measure.measure_said"))
    facts = property(attrgetter("_facts.facts"))

    why = property(attrgetter("_why.why"))
    changes = property(attrgetter("_changes.changes"))
    brief_moves = property(attrgetter("_why.brief_moves"))

    stalled = property(attrgetter("_act.stalled"))
    act = property(attrgetter("_act.act"))
    act_owners = property(attrgetter("_act.act_owners"))
    act_steps = property(attrgetter("_act.act_steps"))
    act_more = property(attrgetter("_act.act_more"))
    act_more_owners = property(attrgetter("_act.act_more_owners"))
    act_still = property(attrgetter("_act.act_still"))
    act_unjudged = property(attrgetter("_act.act_unjudged"))

    signed = property(attrgetter("_amounts.signed"))
    amount = property(attrgetter("_amounts.amount"))

    bridges = property(attrgetter("_movements.bridges"))
    shown_bridges = property(attrgetter("_movements.shown_bridges"))
    bridge_rows = property(attrgetter("_movements.bridge_rows"))
    moves = property(attrgetter("_movements.moves"))
    move_tone = property(attrgetter("_movements.move_tone"))
    move_line = property(attrgetter("_movements.move_line"))

    stage_rows = property(attrgetter("_stages.stage_rows"))
    shown_stages = property(attrgetter("_stages.shown_stages"))
    other_stages = property(attrgetter("_stages.other_stages"))
    stage_total = property(attrgetter("_stages.stage_total"))

    owner_blocks = property(attrgetter("_stalled.owner_blocks"))
    owner_name = property(attrgetter("_stalled.owner_name"))
    deals_cut = property(attrgetter("_stalled.deals_cut"))
    deal_line = property(attrgetter("_stalled.deal_line"))
    stalled_for = property(attrgetter("_stalled.stalled_for"))
    deal_days = property(attrgetter("_stalled.deal_days"))
    still_shown = property(attrgetter("_stalled.still_shown"))
    still_rest = property(attrgetter("_stalled.still_rest"))
    section_note = property(attrgetter("_stalled.section_note"))
    still_note = property(attrgetter("_stalled.still_note"))
    still_total = property(attrgetter("_stalled.still_total"))
    words = property(attrgetter("_stalled.words"))
    named = property(attrgetter("_stalled.named"))
    left_named = property(attrgetter("_stalled.left_named"))

    few = property(attrgetter("_funnels.few"))
    funnel_stages = property(attrgetter("_funnels.funnel_stages"))
    funnel_rows = property(attrgetter("_funnels.funnel_rows"))
    stages_cut = property(attrgetter("_funnels.stages_cut"))
    nobody = property(attrgetter("_funnels.nobody"))
    legend = property(attrgetter("_funnels.legend"))
    legend_text = property(attrgetter("_funnels.legend_text"))
    counted = property(attrgetter("_funnels.counted"))
    stage_head = property(attrgetter("_funnels.stage_head"))
    advanced_head = property(attrgetter("_funnels.advanced_head"))

    tables = property(attrgetter("_tables.tables"))
    tables_cut = property(attrgetter("_tables.tables_cut"))
    nothing_in = property(attrgetter("_tables.nothing_in"))
    also_measured = property(attrgetter("_tables.also_measured"))
    table_view = property(attrgetter("_tables.table_view"))
    table_title = property(attrgetter("_tables.table_title"))
    query_title = property(attrgetter("_tables.query_title"))
    figure_cells = property(attrgetter("_figures.figure_cells"))
    figure_lists = property(attrgetter("_figures.figure_lists"))
    period = property(attrgetter("_figures.period"))

    source_rows = property(attrgetter("_sources.source_rows"))
    source_label = property(attrgetter("_sources.source_label"))
    noted = property(attrgetter("_sources.noted"))
    brief_sources = property(attrgetter("_sources.brief"))
    all_complete = property(attrgetter("_sources.all_complete"))
    compared = property(attrgetter("_sources.compared"))

    next = property(attrgetter("_gaps.next"))
    band = property(attrgetter("_gaps.band"))
    gap_lines = property(attrgetter("_gaps.gap_lines"))
    gap_consequence = property(attrgetter("_gaps.gap_consequence"))
    gap_matters = property(attrgetter("_gaps.gap_matters"))
    missing = property(attrgetter("_gaps.missing"))

    @property
    def held(self) -> tuple[str, ...]:
        """Digests that were held and that this one reports, one line each; empty if there are none."""
        return held_lines(self.w, self.digest.held, self.digest.more_held)

    @property
    def held_rows(self) -> tuple[HeldRow, ...]:
        """As `held`, as table rows, without the digests that are only counted."""
        return held_rows(self.w, self.digest.held)

    @property
    def held_more(self) -> str:
        """How many more were held; empty if all are listed."""
        return self.w.more(self.digest.more_held) if self.digest.more_held else ""

    @property
    def held_head(self) -> str:
        """The number of held digests: "Also held: 3 digests"."""
        return self.w.say("held.also", len(self.digest.held) + self.digest.more_held)

    indent = staticmethod(text_table.indented)
    clip = staticmethod(text_table.clip)
    grid = staticmethod(text_table.grid)
    records = staticmethod(text_table.records)
    table_lines = staticmethod(text_lines.table_lines)
    link = staticmethod(links.link)

    def sparkline(self, number: str) -> tuple[SparkBar, ...]:
        """Bars of the key figure in the last runs, for the place beside the printed number."""
        return sparkline(self.digest, number)

    def lists_opportunities(self, line: SourceLine) -> bool:
        """Whether the query returns a list of deals, in any service."""
        return self._vocabulary.lists_opportunities(line)

    def brings_funnel(self, line: SourceLine) -> bool:
        """Whether the query returns a funnel."""
        return self._vocabulary.brings_funnel(line)


def _stalled_words(digest: Digest) -> str:
    """The words of the main list, otherwise those of the first stalled list, which Act is about."""
    heads = [one for one in digest.stalled if one.query_id == digest.key_query]
    return next((one.words for one in (*heads, *digest.stalled)), "")


def _printed(digest: Digest, cut: Cut) -> Digest:
    """The digest with as many sections of each kind as `cut` allows."""
    most = cut.sections
    return replace(
        digest,
        stalled=digest.stalled[:most],
        funnels=digest.funnels[:most],
        figures=digest.figures[:most],
        gaps=digest.gaps[:most],
    )

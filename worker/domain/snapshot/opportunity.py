"""The one shape of an opportunity row, whichever service it came from, and the reasons why a deal leaves or joins a
list.
"""

from enum import StrEnum

from worker.domain.snapshot.snapshot import Column, Kind

TABLE = "opportunities"
FOLLOWED = "followed"

COLUMNS: tuple[Column, ...] = (
    Column("title", Kind.TEXT),
    Column("lead_id", Kind.ID),
    Column("lead", Kind.TEXT),
    Column("owner_id", Kind.ID, significant=True),
    Column("owner", Kind.TEXT),
    Column("pipeline_id", Kind.ID, significant=True),
    Column("stage_id", Kind.ID, significant=True),
    Column("stage", Kind.TEXT),
    Column("stage_order", Kind.INT),
    Column("status", Kind.TEXT, significant=True),
    Column("value", Kind.MONEY, significant=True, sum=True),
    Column("currency", Kind.TEXT, significant=True),
    Column("period", Kind.TEXT, significant=True),
    Column("annual", Kind.MONEY, sum=True),
    Column("confidence", Kind.INT),
    Column("expected_close", Kind.DATE, significant=True),
    Column("created_at", Kind.INSTANT),
    Column("updated_at", Kind.INSTANT),
    Column("stage_since", Kind.INSTANT),
    Column("closed_at", Kind.INSTANT),
    Column("stalled", Kind.BOOL, significant=True),
    Column("stalled_since", Kind.INSTANT),
    Column("next_step", Kind.TEXT),
    Column("stall_reason", Kind.TEXT),
    Column("url", Kind.TEXT),
)
"""`status`: a word of Status. `period`: one_time, monthly or annual. `annual`: the value per year, monthly × 12, else ×
1. `stalled_since`: the first of the complete runs in a row whose list held the row ("since at least"). `next_step` and
`stall_reason`: a service's code (snapshot/codes.py), or null; a next step may also be a person's own text.
"""


class Status(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    DELETED = "deleted"
    ARCHIVED = "archived"  # open, but put away by a user; such a deal moved out of the list


class Move(StrEnum):
    """The classes of the bridge, in the order in which they are printed. docs/semantics.md gives the rules."""

    NEW = "new"
    REOPENED = "reopened"
    MOVED_IN = "moved_in"
    STALLED_IN = "stalled_in"
    CONVERTED_IN = "converted_in"
    RAISED = "raised"
    LOWERED = "lowered"
    WON = "won"
    LOST = "lost"
    MOVED_OUT = "moved_out"
    REVIVED = "revived"
    CONVERTED_OUT = "converted_out"
    REMOVED = "removed"
    UNEXPLAINED = "unexplained"


INWARD = frozenset({Move.NEW, Move.REOPENED, Move.MOVED_IN, Move.STALLED_IN, Move.CONVERTED_IN, Move.RAISED})
"""Terms that are added to the closing; all others are subtracted."""

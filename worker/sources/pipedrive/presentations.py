"""How a digest prints Pipedrive's reports. A sales lead needs one row for each person: what they won and what is open.
The service's raw rows are compared, and not printed.
"""

from collections.abc import Mapping
from typing import Any

from worker.domain.digest.layout import DEALS
from worker.domain.snapshot.opportunity import TABLE
from worker.domain.snapshot.presentation import FigureColumn, KeyRule, Presentation, TableRule

_PEOPLE = TableRule(
    "user",
    (FigureColumn("won_value", under="won", of="closed"), FigureColumn("open_value", under="open_deals")),
    details=("new", "lost"),
    order=("-won_value", "-open_value"),
    title="table.people",
    total=True,
    covers=frozenset({"company_won_share_of_ended", "chosen_won_share_of_ended"}),
)
STAGES = "stages_now"
"""The joined table of stages: open deals, days in the stage, and how many continued to the next one."""

_OPEN = TableRule(
    "stage",
    (FigureColumn("deals"),),
    order=("position",),
    rows=8,
    joined=STAGES,
    companion=True,
    bars="deals",
)
_AGES = TableRule(
    "stage",
    (),
    details=("stage_days",),
    order=("position",),
    rows=8,
    joined=STAGES,
    partial=True,
    upto={"stage_days": "stage_days_most"},
)
_RATES = TableRule(
    "stage",
    (FigureColumn("advanced"),),
    order=("position",),
    rows=8,
    joined=STAGES,
    partial=True,
    upto={"advanced": "advanced_most"},
)
_CONVERTED = TableRule("stage", (FigureColumn("converted_value"),), order=("position",), rows=8)
_SUMS = TableRule("stage", (FigureColumn("count"), FigureColumn("value")), order=("position",), rows=8)

MOVEMENTS = Presentation(
    key=KeyRule("won_deals_value", 1, movers=("people", "won_value")),
    figures=(),
    tables={"people": _PEOPLE, "stage_ages": _AGES},
)
CONVERSION = Presentation(
    key=KeyRule("company_won_share_of_ended", 2),
    figures=("company_won_share_of_ended", "chosen_won_share_of_ended"),
    tables={"stage_rates": _RATES},
)
LISTED = Presentation(
    tables={TABLE: DEALS, "open_stages": _OPEN, "stage_sums": _SUMS, "stage_sums_converted": _CONVERTED}
)
SUMS = Presentation(key=KeyRule("value", 0), figures=("weighted_value",), tables={"stage_sums": _SUMS})
PIPELINES = Presentation(tables={"pipelines": TableRule("name", (), order=("order_nr",), rows=10)})


def stalled(params: Mapping[str, Any]) -> Presentation:
    """Deals that are stalled by Pipedrive's own rule are called rotting, as in Pipedrive; those of our rules are called
    stalled.
    """
    return Presentation(stalled="rotting" if params.get("rule", "rotting") == "rotting" else "")

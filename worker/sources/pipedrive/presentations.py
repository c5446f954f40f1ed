"""How a digest prints Pipedrive's reports. A sales lead wants one row for each person: what they won and what is open.
The service's raw rows are compared, and not printed.
"""

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
_SUMS = TableRule("stage", (FigureColumn("count"), FigureColumn("value")), order=("position",), rows=8)

MOVEMENTS = Presentation(
    key=KeyRule("won_deals_value", 1, movers=("people", "won_value")), figures=(), tables={"people": _PEOPLE}
)
CONVERSION = Presentation(
    key=KeyRule("company_won_share_of_ended", 2),
    figures=("company_won_share_of_ended", "chosen_won_share_of_ended"),
    tables={},
)
SUMS = Presentation(key=KeyRule("value", 0), figures=("weighted_value",), tables={"stage_sums": _SUMS})
PIPELINES = Presentation(tables={"pipelines": TableRule("name", (), order=("order_nr",), rows=10)})

"""A notification of alerts in the reader's words."""

from worker.rendering.alert.page import AlertPage, Shown
from worker.rendering.alert.rows import FactView, GroupView, RowView

SHOWN = (Shown(50), Shown(20), Shown(5))
"""From the longest to the shortest form."""

__all__ = ["SHOWN", "AlertPage", "FactView", "GroupView", "RowView", "Shown"]

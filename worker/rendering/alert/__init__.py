"""A notification of alerts in the reader's language."""

from worker.rendering.alert.page import AlertPage
from worker.rendering.alert.rows import LONGEST, AlertCut, AlertFact, AlertGroup, AlertRow

ALERT_CUTS = (LONGEST, AlertCut(20, 10), AlertCut(5, 5))
"""From the longest to the shortest form."""

__all__ = ["ALERT_CUTS", "AlertCut", "AlertFact", "AlertGroup", "AlertPage", "AlertRow"]

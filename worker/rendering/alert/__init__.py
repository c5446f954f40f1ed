"""A notification of alerts in the reader's words."""

from worker.rendering.alert.page import AlertCut, AlertPage
from worker.rendering.alert.rows import AlertFact, AlertGroup, AlertRow

ALERT_CUTS = (AlertCut(50), AlertCut(20), AlertCut(5))
"""From the longest to the shortest form."""

__all__ = ["ALERT_CUTS", "AlertCut", "AlertFact", "AlertGroup", "AlertPage", "AlertRow"]

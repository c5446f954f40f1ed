"""Close CRM through its REST API (developer.close.com): funnel reports and opportunity lists."""

from worker.sources.close.kind import CLOSE
from worker.sources.close.source import CloseSource, CloseTuning, open_source

__all__ = ["CLOSE", "CloseSource", "CloseTuning", "open_source"]

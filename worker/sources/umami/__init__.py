"""Umami (umami.is), self-hosted or in its cloud: reports, saved reports and totals of websites."""

from worker.sources.umami.source import UmamiSource, UmamiTuning, open_source
from worker.sources.umami.specs import UMAMI

__all__ = ["UMAMI", "UmamiSource", "UmamiTuning", "open_source"]

"""Umami (umami.is), self-hosted or in its cloud: reports, saved reports and totals of websites."""

from worker.sources.umami.kind import UMAMI
from worker.sources.umami.source import UmamiSource, UmamiTuning, open_source

__all__ = ["UMAMI", "UmamiSource", "UmamiTuning", "open_source"]

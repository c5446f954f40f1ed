"""The context in which the rows of an answer are read."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from worker.domain.time.window import Window
from worker.sources.umami.asking import ReportRequest
from worker.sources.umami.days import missing


@dataclass(frozen=True, slots=True)
class Scene:
    """One call: the request, its window, and its time. Data after `until` is unknown, not zero."""

    asked: ReportRequest
    window: Window | None
    until: datetime

    @property
    def place(self) -> ZoneInfo:
        return self.asked.place

    @property
    def unit(self) -> str:
        return str(self.asked.parameters.get("unit", "day"))

    def missing(self, seen: set[date], unit: str) -> list[date]:
        return missing(seen, self.window, self.place, self.until, unit)

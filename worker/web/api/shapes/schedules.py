"""Schedules, and what their readers' digests are compared with."""

from datetime import datetime

from pydantic import Field

from worker.web.api.shapes.base import ApiShape, Instant


class LastRunShape(ApiShape):
    key: str
    state: str
    reason: str | None
    closed_at: datetime | None
    gaps: int


class ScheduleEventShape(ApiShape):
    """`name`: CONNECTION.OBJECT.ACTION. `filter`: empty for none."""

    name: str
    filter: str
    debounce_seconds: int


class ScheduleRowShape(ApiShape):
    """`next`: the nominal instant that is due next, null if there is none or the schedule is paused. `owner`: null if
    the file names none.
    """

    schedule: str
    name: str
    owner: str | None
    tags: list[str]
    trigger: str
    event: ScheduleEventShape | None
    timezone: str
    next: datetime | None
    paused: bool
    paused_until: datetime | None
    readers: int
    last: LastRunShape | None


class PausedShape(ApiShape):
    schedule: str
    paused: bool
    until: datetime | None = None
    was_paused: bool | None = None
    next: datetime | None = None


class PauseRequest(ApiShape):
    """`until`: when it resumes by itself; until somebody resumes it if it is left out."""

    until: Instant | None = None


class BaselineShape(ApiShape):
    """`slot` and `as_of` are null where there is nothing to compare with."""

    reader: str
    query: str
    slot: datetime | None
    as_of: datetime | None
    reset_at: datetime | None


class BaselinesShape(ApiShape):
    schedule: str
    baselines: list[BaselineShape]


class ResetRequest(ApiShape):
    """`to`: the run whose digests are compared with from then on; nothing if it is left out."""

    reader: str | None = Field(default=None, min_length=1, max_length=400)
    query: str | None = Field(default=None, min_length=1, max_length=200)
    to: str | None = Field(default=None, min_length=1, max_length=400)


class ChangedBaselineShape(ApiShape):
    reader: str
    query: str
    was: datetime | None
    now: datetime | None


class UnchangedBaselineShape(ApiShape):
    reader: str
    query: str
    sentence: str


class ResetShape(ApiShape):
    """`on_their_way`: deliveries that were decided before, and are sent as they are."""

    schedule: str
    run: str | None
    changed: list[ChangedBaselineShape]
    unchanged: list[UnchangedBaselineShape]
    on_their_way: list[str]

"""What mutes alerts for a time: silences, and snoozes of one alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Matcher:
    """One test of an alert. `name`: schedule, rule, subject, fingerprint, or a label. `operator`: =, !=, =~ or !~ (a
    regular expression that has to match the whole value), as Alertmanager writes them.
    """

    name: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Silence:
    """All matchers have to match. `until` is its end, exclusive. `snooze`: it was made for one alert by its
    fingerprint. `unreadable`: why a stored one is not understood. It then mutes nothing (decision 122), and of its
    fields only the id and, where they are known, `starts` and `until` are true.
    """

    id: str
    matchers: tuple[Matcher, ...]
    by: str
    comment: str
    starts: datetime
    until: datetime
    snooze: bool = False
    unreadable: str = ""

    def in_force(self, at: datetime) -> bool:
        return self.starts <= at < self.until

    def active(self, at: datetime) -> bool:
        """Whether it may mute something."""
        return not self.unreadable and self.in_force(at)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """The alerts that a subscription gets, and nothing else. `rules`: ids; all of the schedule if empty. All `matchers`
    have to match an alert's labels.
    """

    rules: tuple[str, ...] = ()
    matchers: tuple[Matcher, ...] = ()


Labels = Mapping[str, str]
"""What matchers see of an alert: schedule, rule, subject, fingerprint, severity, owner, stage, and the rule's own
labels.
"""

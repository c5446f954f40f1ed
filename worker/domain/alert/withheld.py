"""What withholds the notification of an alert: silences, snoozes, inhibitions, acknowledgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from worker.domain.alert.labels import matches
from worker.domain.alert.rule import Inhibition, NoData
from worker.domain.alert.silence import Labels, Silence
from worker.domain.alert.state import Acknowledgement, AlertReason, Withheld
from worker.domain.readonly import readonly

QUIET = frozenset({Withheld.SILENCED, Withheld.SNOOZED, Withheld.INHIBITED})
"""What mutes an alert. When it ends, readers are notified of an alert that still fires."""


UNTOLD = QUIET | {Withheld.NO_READER}
"""What may end while an alert continues; readers are then notified."""


@readonly
class Firing:
    """An alert that fires, as inhibitions see it. `connection`: of a rule without data, the connection of its query;
    else empty; `no_data`: who is notified of that. `place`: of the rule in the schedule.
    """

    fingerprint: str
    rule: str
    labels: Labels
    since: datetime
    connection: str = ""
    no_data: NoData = NoData.OPERATOR
    place: int = 0

    @property
    def order(self) -> tuple[datetime, int]:
        """The earliest first."""
        return self.since, self.place


@dataclass(frozen=True, slots=True)
class Hold:
    """`detail`: the silence's id, the rule whose alert inhibits, or who acknowledged."""

    why: Withheld
    detail: str = ""


@dataclass(frozen=True)
class Holding:
    """Everything that may withhold a notification at one slot. `firing`: every alert that fires after the evaluation,
    in the order of the rules.
    """

    slot: datetime
    silences: Sequence[Silence]
    inhibitions: Sequence[Inhibition]
    acks: Mapping[str, Sequence[Acknowledgement]]
    firing: Sequence[Firing]

    def hold(self, alert: Firing, reason: AlertReason) -> Hold | None:
        """The first hold that applies; None if readers are notified."""
        quiet = self.quiet(alert)
        if quiet is not None or reason is not AlertReason.REPEAT:
            return quiet
        ack = self.ack(alert.fingerprint, alert.since)
        return Hold(Withheld.ACKED, ack.by) if ack is not None else None

    def quiet(self, alert: Firing) -> Hold | None:
        """What mutes the alert, whether it has news or not."""
        silence = self._silence(alert.labels)
        if silence is not None:
            return Hold(Withheld.SNOOZED if silence.snooze else Withheld.SILENCED, silence.id)
        source = self._inhibiting(alert)
        return Hold(Withheld.INHIBITED, source.rule) if source is not None else None

    def may_quiet(self, rule: str) -> bool:
        """Whether anything could mute an alert of the rule; thousands may fire."""
        return bool(self._active) or any(one.target == rule for one in self.inhibitions)

    def ack(self, fingerprint: str, since: datetime) -> Acknowledgement | None:
        """An acknowledgement that was given since the alert fires. An earlier one does not count."""
        return next((one for one in self.acks.get(fingerprint, ()) if since <= one.at <= self.slot), None)

    def _silence(self, labels: Labels) -> Silence | None:
        """A silence for many alerts comes before a snooze."""
        return next((one for one in self._active if matches(one.matchers, labels)), None)

    @cached_property
    def _active(self) -> Sequence[Silence]:
        return sorted((one for one in self.silences if one.active(self.slot)), key=lambda one: one.snooze)

    def _inhibiting(self, alert: Firing) -> Firing | None:
        if alert.connection:
            return next((one for one in self._without_data if _same_fault(one, alert)), None)
        found = (
            source
            for inhibition, sources in zip(self.inhibitions, self._sources, strict=True)
            if inhibition.target == alert.rule
            for source in sources.get(_equal(inhibition, alert), ())
            if source.fingerprint != alert.fingerprint
        )
        return next(found, None)

    @cached_property
    def _without_data(self) -> Sequence[Firing]:
        return sorted((one for one in self.firing if one.connection), key=lambda one: one.order)

    @cached_property
    def _sources(self) -> Sequence[Mapping[tuple[str, ...], Sequence[Firing]]]:
        """The firing sources of each inhibition, by the values that have to be equal; 2,000 alerts may fire at once."""
        return [self._by_values(one) for one in self.inhibitions]

    def _by_values(self, inhibition: Inhibition) -> Mapping[tuple[str, ...], Sequence[Firing]]:
        found: dict[tuple[str, ...], list[Firing]] = {}
        for one in self.firing:
            if one.rule == inhibition.source and not one.connection:
                found.setdefault(_equal(inhibition, one), []).append(one)
        return found


def _equal(inhibition: Inhibition, alert: Firing) -> tuple[str, ...]:
    return tuple(alert.labels.get(name, "") for name in inhibition.equal)


def _same_fault(source: Firing, target: Firing) -> bool:
    """Several rules of one connection may lack data for the same cause. Only the first of them is reported, because the
    others say the same. If a later rule notifies its readers of missing data and the first does not, the later rule is
    reported too.
    """
    if source.connection != target.connection or source.order >= target.order:
        return False
    return target.no_data is not NoData.ALERT or source.no_data is NoData.ALERT


def by_fingerprint(acks: Iterable[Acknowledgement]) -> dict[str, list[Acknowledgement]]:
    found: dict[str, list[Acknowledgement]] = {}
    for one in acks:
        found.setdefault(one.fingerprint, []).append(one)
    return found

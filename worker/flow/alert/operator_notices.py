"""Notices to the operator about rules without data, rules whose data is back, and rules that cannot be evaluated: one a
day for each rule.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.state import AlertReason
from worker.domain.delivery import Reader
from worker.domain.notice import Cause, Notice, NoticeRequest, Trouble
from worker.domain.reason import Reason
from worker.domain.run import RunKey
from worker.domain.schedule import Bundle, Schedule
from worker.flow.run.notices import notice_day, of_trouble, operator_address
from worker.flow.run.readers import OPERATOR
from worker.ports import Connectors


def of_rules(
    connectors: Connectors,
    bundle: Bundle,
    schedule: Schedule,
    notifications: Iterable[Notification],
    now: datetime,
    stopped: Collection[str] = (),
) -> tuple[NoticeRequest, ...]:
    """One for each finding. Empty where no operator is named. `stopped`: see notices.stopped_ways."""
    address = operator_address(connectors, bundle, stopped)
    if address is None:
        return ()
    return tuple(
        _request(bundle, schedule, address, notification, finding, now)
        for notification in notifications
        for finding in notification.findings
    )


def of_unread(
    connectors: Connectors,
    bundle: Bundle,
    schedule: Schedule,
    run: RunKey,
    faults: Mapping[str, str],
    now: datetime,
    stopped: Collection[str] = (),
) -> tuple[NoticeRequest, ...]:
    """`faults`: what is wrong with the state of rules, by their ids. Empty where no operator is named."""
    names, before = {rule.id: rule.name or rule.id for rule in schedule.alerts}, _ids_before(schedule)
    requests = list[NoticeRequest]()
    for rule, fault in faults.items():
        reason, subject = Reason.NOT_READ, _subject(Reason.NOT_READ, schedule, rule)
        notice = Notice(run, schedule.name, Trouble.NO_DATA, subject, reason, (Cause(names[rule], fault),), 0, now)
        request = of_trouble(connectors, bundle, schedule.id, notice, stopped)
        if request is not None:
            requests.append(replace(request, before=_subject(reason, schedule, before.get(rule, ""))))
    return tuple(requests)


def _request(
    bundle: Bundle, schedule: Schedule, address: str, notification: Notification, finding: Finding, now: datetime
) -> NoticeRequest:
    """If a rule loses and regains its data several times a day, each of the two is reported once and then counted."""
    reason = Reason.DATA_BACK if finding.reason is AlertReason.DATA_BACK else Reason.NO_DATA
    subject = _subject(reason, schedule, finding.rule)
    before = _subject(reason, schedule, _ids_before(schedule).get(finding.rule, ""))
    cause = Cause(notification.rule(finding.rule).name, finding.facts.name)
    notice = Notice(notification.run, schedule.name, Trouble.NO_DATA, subject, reason, (cause,), 0, now)
    one_of_many = f"{OPERATOR}/{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
    return NoticeRequest(Reader(schedule.id, one_of_many, address).id, notice_day(bundle, now), notice, before)


def _subject(reason: Reason, schedule: Schedule, rule: str) -> str:
    """Empty without a rule."""
    return f"{reason} {schedule.id} {rule}" if rule else ""


def _ids_before(schedule: Schedule) -> dict[str, str]:
    """Of rules that were renamed."""
    return {rule.id: rule.previously for rule in schedule.alerts}

"""Words to the operator about rules without data: one a day of each rule, and one when the data is back."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from worker.domain.alert.notification import Finding, Notification
from worker.domain.alert.state import AlertReason
from worker.domain.delivery import Reader
from worker.domain.notice import Cause, Notice, NoticeRequest, Trouble
from worker.domain.reason import Reason
from worker.domain.schedule import Bundle, Schedule
from worker.flow.run.notices import notice_day, operator_address
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


def _request(
    bundle: Bundle, schedule: Schedule, address: str, notification: Notification, finding: Finding, now: datetime
) -> NoticeRequest:
    """A rule that loses and gets its data several times a day is told of once for each, and then counted."""
    reason = Reason.DATA_BACK if finding.reason is AlertReason.DATA_BACK else Reason.NO_DATA
    subject = f"{reason} {schedule.id} {finding.rule}"
    cause = Cause(notification.rule(finding.rule).name, finding.facts.name)
    notice = Notice(notification.run, schedule.name, Trouble.NO_DATA, subject, reason, (cause,), 0, now)
    one_of_many = f"{OPERATOR}/{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
    return NoticeRequest(Reader(schedule.id, one_of_many, address).id, notice_day(bundle, now), notice)

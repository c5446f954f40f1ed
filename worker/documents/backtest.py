"""What a rule would have reported over stored history."""

from typing import Any

from worker.domain.run import stamp
from worker.flow.alert.backtest import BackTested


def backtest_document(of: BackTested) -> dict[str, Any]:
    """What a rule would have reported. Nothing was sent.

    {"schedule", "rule", "since", "until", "data_since", "runs", "gaps": [slot, …], "judged", "unknown",
    "findings": [finding, …], "kept": {why: count}, "messages": [{"reader", "week", "count"}, …], "a_week": {reader:
    number}}

    `data_since`: the first slot with an answer, null if there is none. `gaps`: slots without an answer. `unknown`: how
    many of the `judged` could not be decided because a value was not known. A finding is {"slot", "fingerprint",
    "reason", "reader", "name", "leaves"}; `leaves` is later than the slot if quiet hours delayed it. `kept`: reasons
    that were not reported to anybody, including those of rules that inhibit this one. `week` is its Monday, in UTC.
    """
    found = of.found
    return {
        "schedule": of.schedule,
        "rule": of.rule.id,
        "since": stamp(of.since),
        "until": stamp(of.until),
        "data_since": stamp(found.since) if found.since else None,
        "runs": of.runs,
        "gaps": [stamp(slot) for slot in found.gaps],
        "judged": found.judged,
        "unknown": found.unknown,
        "findings": [
            {
                "slot": stamp(one.slot),
                "fingerprint": one.fingerprint,
                "reason": one.reason.value,
                "reader": one.reader,
                "name": one.name,
                "leaves": stamp(one.leaves),
            }
            for one in of.findings
        ],
        "kept": {why.value: count for why, count in found.kept.items()},
        "messages": [
            {"reader": reader, "week": week.isoformat(), "count": count}
            for (reader, week), count in sorted(of.messages.items())
        ],
        "a_week": {reader: round(count, 2) for reader, count in sorted(of.a_week.items())},
    }

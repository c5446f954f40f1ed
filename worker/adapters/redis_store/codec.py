"""Converts between the ledger's rows in Redis and the domain's types. Instants are stored in milliseconds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

import msgspec

from worker.domain.cap import HeldDigest
from worker.domain.delivery import Baseline, Delivery, DeliveryKey, DeliveryState, PartState
from worker.domain.digest.sections import Figure
from worker.domain.due.pauses import Pause
from worker.domain.missed import MissedRow, MissedSlots
from worker.domain.notice import Cause, Notice, SlotSpan, Trouble
from worker.domain.reason import Reason
from worker.domain.run import Claim, Run, RunKey, RunState
from worker.domain.snapshot.snapshot import Gap, Kind
from worker.domain.time.epoch import from_ms, to_ms

STATES: dict[str, DeliveryState] = {
    "P": DeliveryState.PENDING,
    "D": DeliveryState.DEFERRED,
    "G": DeliveryState.SENDING,
    "S": DeliveryState.SENT,
    "K": DeliveryState.SKIPPED,
    "R": DeliveryState.REFUSED,
    "F": DeliveryState.FAILED,
    "U": DeliveryState.UNKNOWN,
    "H": DeliveryState.UNKNOWN,
}

LONGEST_TEXT = 200
"""Characters of a receipt that are stored. Sentences may be five times as long."""


def text(value: bytes | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace")


def short(value: str, limit: int = LONGEST_TEXT) -> str:
    return value if len(value) <= limit else value[: limit - 1] + "…"


def claim_row(claim: Claim, shared: str = "") -> dict[str, Any]:
    """`shared`: the bundle that the script is given once for all of its slots."""
    row: dict[str, Any] = {
        "key": str(claim.key),
        "slot": to_ms(claim.key.slot),
        "trigger": claim.trigger,
        "deadline": to_ms(claim.deadline),
    }
    return row if claim.bundle == shared else {**row, "bundle": claim.bundle}


def missed_row(schedule: str, missed: MissedSlots) -> dict[str, Any]:
    return {
        "schedule": schedule,
        "first": to_ms(missed.first),
        "last": to_ms(missed.last),
        "count": missed.count,
        "reason": str(missed.reason),
    }


def missed(raw: bytes) -> MissedRow:
    schedule, first, last, count, reason = json.loads(raw)
    return MissedRow(from_ms(first), from_ms(last), count, Reason(reason), schedule=schedule)


def pause(till: bytes | None) -> Pause | None:
    """Stored as the time when the pause ends, 0 for a pause without an end."""
    return None if till is None else Pause(from_ms(till) if int(till) else None)


def gap_rows(gaps: Sequence[Gap]) -> str:
    return json.dumps([[gap.query_id, str(gap.reason), short(gap.sentence, 1000)] for gap in gaps])


def fields(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Converts HGETALL as a script returns it, a flat list of names and values."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def run(key: RunKey, row: Mapping[bytes, bytes]) -> Run:
    executed, closed, until = row.get(b"executed_by"), row.get(b"closed_at"), row.get(b"not_before")
    reason = row.get(b"reason")
    return Run(
        key=key,
        state=RunState(text(row[b"state"])),
        trigger=text(row[b"trigger"]),
        bundle=text(row[b"bundle"]),
        attempt=int(row[b"attempt"]),
        claimed_at=from_ms(row[b"claimed_at"]),
        deadline=from_ms(row[b"deadline"]),
        claimed_by_pid=int(row[b"claimed_by"]),
        executed_by_pid=int(executed) if executed else None,
        reason=Reason(text(reason)) if reason else None,
        sentence=text(row.get(b"sentence")),
        closed_at=from_ms(closed) if closed else None,
        snapshots=_snapshots(row.get(b"snapshots")),
        gaps=_gaps(row.get(b"gaps")),
        not_before=from_ms(until) if until else None,
        notified=int(row.get(b"notified", 0)),
    )


_STORED = msgspec.json.Decoder(dict[str, str])
"""Names and ids of ours. A page of runs has hundreds of them, and this is several times as fast as `json`."""


def _snapshots(raw: bytes | None) -> tuple[tuple[str, str], ...]:
    return tuple(_STORED.decode(raw).items()) if raw else ()


def _gaps(raw: bytes | None) -> tuple[tuple[str, str, str], ...]:
    """By `json`, because a service's words may hold half a surrogate pair, which msgspec refuses."""
    return tuple((query, why, sentence) for query, why, sentence in json.loads(raw)) if raw else ()


def baseline_row(baseline: Baseline) -> list[Any]:
    return [baseline.snapshot, to_ms(baseline.slot), to_ms(baseline.as_of)]


def loaded(raw: bytes) -> Any:
    """What a script wrote. msgspec is several times as fast as `json`, and refuses half a surrogate pair, as words of
    others may hold it.
    """
    try:
        return _any.decode(raw)
    except msgspec.DecodeError:
        return json.loads(raw)


_any = msgspec.json.Decoder()


def baseline(row: Sequence[Any]) -> Baseline:
    return Baseline(row[0], from_ms(row[1]), from_ms(row[2]))


def reset_at(row: Sequence[Any]) -> datetime | None:
    """When somebody reset this baseline last."""
    return from_ms(row[3]) if len(row) > 3 else None


def baselines(raw: bytes | None) -> dict[str, Baseline]:
    return {} if raw is None else {query: baseline(row) for query, row in loaded(raw).items()}


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """The baselines a delivery was decided against, and the version that rendered it. Fields as in Delivery."""

    compared_with: Mapping[str, Baseline | None] | None = None
    why_first: Mapping[str, Reason] = field(default_factory=dict)
    version: str = ""
    link_key: str = ""
    left_out: Mapping[int, Reason] = field(default_factory=dict)
    untold: tuple[int, ...] = ()
    strange: tuple[str, ...] = ()


_RENDERED_BY, _SIGNED_BY, _LEFT_OUT, _UNTOLD = "@", "@key", "@cc", "@held"
"""Keys beside those of queries, of which no id begins with "@"."""


def fixed_row(fixed: DecisionRecord) -> str:
    """Equal records give equal text, so that readers can share it."""
    row: dict[str, Any] = {
        query: fixed.why_first.get(query) if baseline is None else baseline_row(baseline)
        for query, baseline in (fixed.compared_with or {}).items()
    }
    left_out = {str(place): str(why) for place, why in fixed.left_out.items()}
    made_with: dict[str, Any] = {_RENDERED_BY: fixed.version, _SIGNED_BY: fixed.link_key}
    made_with |= {_LEFT_OUT: left_out, _UNTOLD: list(fixed.untold)}
    return json.dumps(row | {name: value for name, value in made_with.items() if value}, sort_keys=True)


def fixed(raw: bytes | None) -> DecisionRecord:
    if raw is None:
        return DecisionRecord()
    row: dict[str, Any] = json.loads(raw)
    version, link_key = str(row.pop(_RENDERED_BY, "")), str(row.pop(_SIGNED_BY, ""))
    left_out = {int(place): Reason(why) for place, why in row.pop(_LEFT_OUT, {}).items()}
    untold = tuple(row.pop(_UNTOLD, ()))
    strange = tuple(sorted(name for name in row if name.startswith("@")))
    row = {name: told for name, told in row.items() if name not in strange}
    return DecisionRecord(
        {query: baseline(told) if isinstance(told, list) else None for query, told in row.items()},
        {query: Reason(told) for query, told in row.items() if isinstance(told, str)},
        version,
        link_key,
        left_out,
        untold,
        strange,
    )


def pair_name(raw: bytes) -> str | None:
    """The short name under which a row's record is stored."""
    name = json.loads(raw[1:]).get("b")
    return None if name is None else str(name)


def notice(run: RunKey, row: Mapping[str, Any] | None) -> Notice | None:
    if row is None:
        return None
    return Notice(
        run=run,
        name=row["w"],
        trouble=Trouble(row["k"]),
        subject=row["s"],
        reason=Reason(row["e"]),
        causes=_causes(row["c"], row.get("p", ())),
        more_causes=row["m"],
        at=from_ms(row["t"]),
        repeats=row.get("n", 0),
        repeats_since=from_ms(row["f"]) if "f" in row else None,
        held=held_digests(row.get("g", ())),
    )


def _causes(texts: Sequence[Sequence[str]], slots: Sequence[Sequence[int] | None]) -> tuple[Cause, ...]:
    """An earlier version kept no slots."""
    pairs = zip_longest(texts, slots)
    return tuple(Cause(who, sentence, _slots(*span) if span else None) for (who, sentence), span in pairs)


def slots_row(span: SlotSpan) -> list[int]:
    return [to_ms(span.first), to_ms(span.last), span.count]


def _slots(first: int, last: int, count: int) -> SlotSpan:
    return SlotSpan(from_ms(first), from_ms(last), count)


def held_digest_row(one: HeldDigest) -> list[Any]:
    """The figure is text, because a script would round it. Whose digest it is comes last, if that is known."""
    of = one.figure
    row = [of.name, of.kind.value, of.value, of.before, of.currency, one.of_deals] if of is not None else None
    figure = json.dumps(row) if row is not None else ""
    whose = [one.schedule, one.reader] if one.schedule else []
    return [short(one.name), to_ms(one.slot), one.changes, figure, one.alerts, *whose]


def held_digests(rows: Sequence[Sequence[Any]]) -> tuple[HeldDigest, ...]:
    return tuple(_held_digest(*row) for row in rows)


def _held_digest(
    name: str, slot: int, changes: int, figure: str = "", alerts: int = 0, schedule: str = "", reader: str = ""
) -> HeldDigest:
    """An earlier version kept no figure, and did not keep whose digest it was."""
    of_deals, found = False, None
    if figure:
        measure, kind, value, before, currency, of_deals = json.loads(figure)
        found = Figure(measure, Kind(kind), value, before, currency)
    return HeldDigest(name, from_ms(slot), changes, found, of_deals, alerts, schedule, reader)


def delivery(key: DeliveryKey, raw: bytes, known: DecisionRecord) -> Delivery:
    """`known`: the record that the row refers to."""
    letter, row = chr(raw[0]), loaded(raw[1:])
    return Delivery(
        key=key,
        state=STATES[letter],
        attempt=row.get("a", 0),
        reason=Reason(row["e"]) if "e" in row else None,
        sentence=row.get("m", ""),
        not_before=_instant(row, "n"),
        expires=_instant(row, "x"),
        date=_instant(row, "d"),
        compared_with=known.compared_with,
        parts=tuple(PartState(STATES[part[0]], part[1], part[2]) for part in row.get("p", ())),
        resent=row.get("v", False),
        held=letter == "H",
        settled_at=_instant(row, "t"),
        why_first=known.why_first,
        version=row.get("w", known.version),
        link_key=known.link_key,
        left_out=known.left_out,
        untold=known.untold,
        strange=known.strange,
        may_have_arrived=row.get("y", False),
        notice=notice(key.run, row.get("i")),
        may_repeat=_instant(row, "u"),
        content=row.get("c", ""),
        tells_of=held_digests(row.get("j", ())),
        tells_of_more=row.get("k", 0),
    )


def _instant(row: Mapping[str, Any], name: str) -> datetime | None:
    return from_ms(row[name]) if name in row else None

"""Stages what alert rules changed, for the script that writes it with the hand-over of their run."""

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import Any

from worker.adapters.redis_store.alerts_codec import RECORD, contents, record_body, state_text
from worker.adapters.redis_store.notices import request_row
from worker.adapters.redis_store.scripts import Scripts
from worker.domain.run import RunKey
from worker.domain.time.epoch import to_ms
from worker.ports import AlertChanges

STEP = 200
"""Fields that one script stages."""


@dataclass(frozen=True, slots=True)
class Staged:
    """`given`: what lua/common.lua `alerts_stand` reads. `rows`: [reader, expires, content] of each notification."""

    given: dict[str, Any]
    rows: list[list[Any]]


async def stage(scripts: Scripts, key: RunKey, changes: AlertChanges, notice_lasts: int) -> Staged:
    """Another evaluation of the same run has another token, so that it never mixes with this one. `notice_lasts`: in
    milliseconds.
    """
    bodies, names = contents({reader.id: told for reader, told in changes.notifications.items()})
    fields = {RECORD: record_body(changes.record)}
    fields |= {f"s:{rule}": state_text(state) for rule, state in changes.states.items()}
    fields |= {f"n:{name}": body for name, body in bodies.items()}
    token = _token(fields)
    for start in range(0, len(fields), STEP):
        some = dict(islice(fields.items(), start, start + STEP))
        await scripts.run("stage_alerts", {"key": str(key), "token": token, "fields": list(some)}, *some.values())
    given = {
        "token": token,
        "fields": len(fields),
        "rules": [[rule, state.version] for rule, state in changes.states.items()],
        "readers": list(names),
        "carried": [[str(one.run), one.reader] for one in changes.carried],
        "ended": list(changes.ended),
        "dropped": list(changes.dropped),
        "inherited": [list(one) for one in changes.inherited.items()],
        "notices": [request_row(notice, notice_lasts) for notice in changes.notices],
    }
    return Staged(given, [[reader, to_ms(changes.expires), name] for reader, name in names.items()])


def _token(fields: dict[str, bytes]) -> str:
    name = hashlib.blake2b(digest_size=8)
    for field, body in fields.items():
        name.update(field.encode() + b"\0" + body)
    return name.hexdigest()

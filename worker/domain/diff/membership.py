"""Why a deal left a list, and why one joined it: the first rule that matches, in the order of docs/semantics.md."""

from worker.domain.snapshot.opportunity import Move, Status
from worker.domain.snapshot.record import Record
from worker.domain.snapshot.scope import Scope

Why = tuple[Move, str]
"""A membership class and its detail ("" if the class says everything)."""

_ENDS = {
    Status.DELETED.value: Move.REMOVED,
    Status.WON.value: Move.WON,
    Status.LOST.value: Move.LOST,
}


def why_left(was: Record, now: Record | None, scope: Scope) -> Why:
    """`now` is the row as it was looked up after it left. None means that it was not looked up; then there is no
    reason.
    """
    if now is None:
        return Move.UNEXPLAINED, "not_looked_up"
    end = _ENDS.get(now.text("status") or "")
    if end is not None:
        return end, ""
    outside = scope.outside(now)
    if outside is not None:
        return Move.MOVED_OUT, outside
    moving = _moving_again(was, now, scope) if scope.stalled else None
    return moving if moving is not None else _unselected(now, scope)


def why_joined(now: Record, last: Record | None, since_ms: int, scope: Scope) -> Why:
    """`last`: the row as the baseline knew it, although it was no member. `since_ms`: the baseline's first byte, in
    milliseconds since the Unix epoch.
    """
    created = now.whole("created_at")
    if created is not None and created >= since_ms:
        return Move.NEW, ""
    status = last.text("status") if last is not None else None
    if status in (Status.WON, Status.LOST):
        return Move.REOPENED, status
    if last is not None and status != Status.DELETED:
        joined = _why_joined(now, last, scope)
        if joined is not None:
            return Move.MOVED_IN, joined
    return (Move.STALLED_IN, "") if scope.stalled else (Move.MOVED_IN, "appeared")


def _moving_again(was: Record, now: Record, scope: Scope) -> Why | None:
    """If the service does not say whether a deal stalls, its absence from the stalled list shows that it moves again,
    unless another filter may have removed it. If the rule applies to every row, null means that it does not apply to
    this deal: a deal that nobody touched then left the rule, and does not move again.
    """
    stalled, how = now.flag("stalled"), _direction(was, now)
    if stalled is None and scope.judged and not how:
        return Move.MOVED_OUT, "rule"
    if stalled is False or (stalled is None and not scope.opaque):
        return Move.REVIVED, how or scope.untouched
    return None


def _unselected(now: Record, scope: Scope) -> Why:
    if scope.stalled is False and now.flag("stalled"):
        return Move.MOVED_OUT, "stalled"
    word = scope.unselected(now)
    if word is not None:
        return Move.MOVED_OUT, word
    # The deal is open and matches every check, so only a filter that cannot be checked may have removed it.
    return (Move.MOVED_OUT, "filter") if scope.opaque else (Move.UNEXPLAINED, "still_matches")


def _why_joined(now: Record, last: Record, scope: Scope) -> str | None:
    if now.text("owner_id") != last.text("owner_id"):
        return "reassigned"
    if now.text("pipeline_id") != last.text("pipeline_id"):
        return "pipeline"
    outside = scope.outside(last)
    if outside is not None:
        return outside
    if scope.stalled and not last.flag("stalled"):
        return None  # it was in scope and moving, so it joined because it stalls now
    return scope.unselected(last) or ("filter" if scope.opaque else None)


def _direction(was: Record, now: Record) -> str:
    """How a deal was changed, as far as its two readings show; "" if it was not."""
    before, after = was.whole("stage_order"), now.whole("stage_order")
    if before is not None and after is not None and before != after:
        return "advanced" if after > before else "moved_back"
    then, last = was.whole("updated_at"), now.whole("updated_at")
    return "touched" if then is not None and last is not None and last > then else ""

"""What a choice of a reader would have left out of what was sent before."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.decide import decide
from worker.domain.digest.model import Digest
from worker.domain.schedule import Send

LAST = 12
"""Digests that are looked at, the newest ones."""


@dataclass(frozen=True, slots=True)
class LeftOutCounts:
    """`digests`: how many of the last `of` would not have been sent if only those are sent in which something moved.
    `fit`: how many of the `deals` of the newest digest fit the reader's condition; None if the reader has none, or if
    the digest is of no deals.
    """

    of: int
    digests: int
    fit: int | None = None
    deals: int = 0


def left_out(whole: Digest | None, chosen: Sequence[Digest]) -> LeftOutCounts:
    """`chosen`: the last digests as the choice makes them, the newest first. Each is compared with what its own was: if
    nothing moved since, then nothing moved since an older one either. `whole`: the newest one without the condition,
    None if there is no condition.
    """
    unsent = sum(not decide(Send.ON_CHANGE, one).send for one in chosen)
    if whole is None or not whole.keys or not chosen:
        return LeftOutCounts(len(chosen), unsent)
    return LeftOutCounts(len(chosen), unsent, _deals(chosen[0]), _deals(whole))


def _deals(digest: Digest) -> int:
    return sum(key.count or 0 for key in digest.keys)

"""The outcome of one delivery, as a worker or a person reports it. The ledger's script accepts each outcome only from
the states in this table.

| outcome | from | to |
|---|---|---|
| Sent | sending, unknown, unknown(held); pending, if an attempt that was thought dead brings its receipt | sent |
| Skipped | pending | skipped |
| Deferred | pending, sending | deferred |
| Refused, DeliveryFailed | pending, sending | refused, failed |
| Unknown | sending, unknown; without `again_at` only unknown | unknown; unknown(held) |
| Pending | unknown; also unknown(held), if a person says that it did not arrive | pending |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.cap import HeldDigest, OverCap
from worker.domain.delivery import Baseline
from worker.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Sent:
    """The last part was accepted. `receipt` is the receiver's. `baselines`: the reader's baselines that move, by query.
    `reason`: how this is known, if not from the receiver at once. With PARTS_MISSING, `missing` says what was refused
    after the main part was accepted, and `receipt` is the main part's. Otherwise `missing` names who got no copy.
    """

    receipt: str
    baselines: Mapping[str, Baseline]
    reason: Reason | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is sent. `baselines`: those that change anyway, because their answers are equal byte for byte. `held`: a
    digest over the cap, which a later message names.
    """

    reason: Reason
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    held: OverCap | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not accepted. The delivery is tried again from `until` on. `extends`: the wait does not shorten the
    time during which it is tried. `held_as`: how a newer digest names it, if one replaces it while it waits.
    """

    until: datetime
    reason: Reason
    sentence: str = ""
    extends: bool = False
    held_as: HeldDigest | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not accepted, and another try would not help."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """The message could not be made: the template failed, or the message exceeds a limit."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may have been accepted. The ledger looks again at `again_at`; None: the delivery is held, closed
    until it is superseded or settled. An empty `sentence` leaves the last one.
    """

    sentence: str = ""
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The message did not arrive, or (POSSIBLE_DUPLICATE) it is sent once more under the same identity, at most twice.
    `expires`: a person reported this outcome, and the delivery is tried until then.
    """

    reason: Reason
    expires: datetime | None = None


Outcome = Sent | Skipped | Deferred | Refused | DeliveryFailed | Unknown | Pending

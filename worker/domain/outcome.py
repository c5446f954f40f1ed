"""What a worker, or a person, says of one delivery; the ledger's script lets each come from its own states alone.

| outcome | from | to |
|---|---|---|
| Sent | sending, unknown, unknown(held); pending, for an attempt that was thought dead and brings its receipt | sent |
| Skipped | pending | skipped |
| Deferred | pending, sending | deferred |
| Refused, DeliveryFailed | pending, sending | refused, failed |
| Unknown | sending, unknown; without an instant to look again unknown alone | unknown; unknown(held) |
| Pending | unknown; also unknown(held) where somebody says that it did not arrive | pending |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.delivery import Baseline
from worker.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Sent:
    """The last part was accepted. `receipt` is the receiver's; `baselines` are the reader's that this moves, by query.
    `reason`: who said so, where it was not the receiver at once; or PARTS_MISSING, and then `missing` says what was
    refused after the main part was accepted, and `receipt` is the main part's.
    """

    receipt: str
    baselines: Mapping[str, Baseline]
    reason: Reason | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing is sent. `baselines` are those that a byte-equal answer may move."""

    reason: Reason
    baselines: Mapping[str, Baseline] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deferred:
    """Surely not accepted, and tried again from `until` on."""

    until: datetime
    reason: Reason
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not accepted, and pointless to repeat."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """It could not be made: a template's fault, or a message past a limit."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been accepted. Looked at again at `again_at`; None: held, closed until superseded or settled. The
    last sentence stays where there is no new one.
    """

    sentence: str = ""
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """It did not arrive, or (POSSIBLE_DUPLICATE) goes out once more under the same identity: twice is the most.
    `expires`: somebody said so, and it is tried until then.
    """

    reason: Reason
    expires: datetime | None = None


Outcome = Sent | Skipped | Deferred | Refused | DeliveryFailed | Unknown | Pending

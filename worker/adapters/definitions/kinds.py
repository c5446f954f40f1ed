"""Which kinds of connection and channel a definition may name. Filled in by the composition root."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.ports.channels import ChannelKind
from worker.ports.kinds import SourceKind


@dataclass(frozen=True, slots=True)
class Registry:
    """`unsupported`: types that a later version will have, each with the clause that refuses it for now ("this version
    does not have X yet").
    """

    connections: Mapping[str, SourceKind]
    channels: Mapping[str, ChannelKind]
    unsupported: Mapping[str, str] = field(default_factory=dict)

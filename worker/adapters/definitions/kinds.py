"""What a definition may name, and what parses its conditions. The composition root fills it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.ports.channels import ChannelKind
from worker.ports.expressions import Expressions
from worker.ports.holidays import Holidays
from worker.ports.kinds import SourceKind


@dataclass(frozen=True, slots=True)
class Registry:
    """`unsupported`: types that a later version will have, each with the words that refuse it ("this version does not
    have X yet"). `words`: key → English text of our own phrases; the phrases of services stand with their kinds.
    """

    connections: Mapping[str, SourceKind]
    channels: Mapping[str, ChannelKind]
    expressions: Expressions
    holidays: Holidays
    unsupported: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

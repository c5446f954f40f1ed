"""Value objects, of which one evaluation creates tens of thousands."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def readonly(cls: type[T]) -> type[T]:
    """For the type checker this is a frozen dataclass with slots, so it refuses every assignment. At run time
    assignments are not checked, which makes creation eight times as fast (decision 098).
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)

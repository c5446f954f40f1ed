"""Value objects of which one evaluation makes ten thousands."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def readonly(cls: type[T]) -> type[T]:
    """A frozen dataclass with slots to the type checker, which refuses every assignment. At run time nothing does, so
    that one is made in an eighth of the time (decision 098).
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)

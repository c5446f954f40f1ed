"""Parts that the shapes of all resources share."""

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

T = TypeVar("T")

FIRST_YEAR, LAST_YEAR = 2000, 2999


def _as_utc(instant: datetime) -> datetime:
    """Raises ValueError for an instant of no use: milliseconds are counted from it, and zones applied to it."""
    if not FIRST_YEAR < instant.year < LAST_YEAR:
        raise ValueError(f"found the year {instant.year}, expected one after {FIRST_YEAR} and before {LAST_YEAR}")
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_as_utc)]
"""With an offset, as RFC 3339 has it. In this process it is UTC."""


class ApiShape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """application/problem+json. `reason` is for programs; `detail` says in a sentence what was found. `request`: the
    id under which the log says more, where the fault is on this side.
    """

    type: str
    title: str
    status: int
    detail: str
    reason: str
    request: str = ""


class ListPage(ApiShape, Generic[T]):
    """`next`: the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None


class MoneyShape(ApiShape):
    """`amount`: major units in decimals, such as "52000.00"."""

    amount: str
    currency: str

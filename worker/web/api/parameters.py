"""Parameters in paths and queries of the API. A filter must not be empty: an empty filter is mostly an unset variable,
and would select everything or nothing. The command line refuses it too. A value of only blanks also counts as empty.
"""

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

PAGE = 50
LARGEST_PAGE = 200
NO_TAGS: list[str] = []
FILLED = r"\S"
"""A pattern: at least one character that is no blank."""

Id = Annotated[str, Path(max_length=200, description="A schedule's id.")]
OfSchedule = Annotated[str | None, Query(pattern=FILLED, max_length=200, description="Only of this schedule.")]
Tags = Annotated[
    list[Annotated[str, Field(pattern=FILLED)]],
    Query(alias="tag", max_length=20, description="Only with this tag; with each, if repeated."),
]
OfOwner = Annotated[
    str | None,
    Query(alias="owner", pattern=FILLED, max_length=200, description="Only of this owner; case does not count."),
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Items, at most.")]
Cursor = Annotated[str, Query(max_length=400, description="`next` of the page before; empty for the first.")]
RunRef = Annotated[str, Path(max_length=400, description="A run's key, a unique prefix, ID@latest or ID@-1.")]

"""If-Match (RFC 9110, section 13.1.1): a change is refused if what it replaces is not what the client saw."""

from typing import Annotated

from fastapi import Header

from worker.errors import PreconditionFailed

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=1000, description="ETag of what is replaced: 412 if that has changed."),
]


def tags_of(if_match: str | None) -> frozenset[str] | None:
    """Without quotes. None: the client does not say what it saw, or takes whatever is there."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(one.strip().removeprefix("W/").strip('"') for one in if_match.split(","))


def refuse_other(if_match: str | None, tag: str) -> None:
    """`tag`: of what is there now. Raises PreconditionFailed."""
    tags = tags_of(if_match)
    if tags is not None and tag not in tags:
        raise PreconditionFailed("it has changed since the answer that If-Match names; look again")

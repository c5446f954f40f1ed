"""Signing the links in messages, and reading what was signed."""

from typing import Protocol

from worker.domain.links import Link


class Links(Protocol):
    """Signs with the newest key, and reads what any known key of this project has signed."""

    @property
    def key_id(self) -> str:
        """Names the newest key without showing it; empty if there is no key."""
        ...

    def sign(self, link: Link, key_id: str) -> str:
        """The token of a link, always the same for the same link and key. Raises RequestError for an unknown key."""
        ...

    def read(self, token: str) -> Link | None:
        """What was signed; None for anything else. Whether it has expired is not looked at."""
        ...

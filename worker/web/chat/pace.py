"""How often people of a chat may ask, over HTTP and over a socket alike (decision 124)."""

from collections.abc import Callable

from worker.ports.chat import ChatRequest
from worker.web.api.guard import Rates

PERSON_PER_MINUTE, WORKSPACE_PER_MINUTE = 30, 300
"""Requests of one person, and of all of one workspace together, in a minute, in one process."""


class ChatPace:
    """`monotonic`: seconds that only grow."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._rates = Rates(monotonic)

    def wait(self, channel: str, asked: ChatRequest) -> int:
        """Seconds until this person may ask again; 0 if now. A person who asks too often does not reduce the limit of
        the others.
        """
        workspace = f"{channel} {asked.workspace}"
        by_person = self._rates.wait(f"{workspace} {asked.person}", PERSON_PER_MINUTE)
        return by_person or self._rates.wait(workspace, WORKSPACE_PER_MINUTE)

    def tells(self, channel: str, asked: ChatRequest) -> bool:
        """Whether a separate message says that somebody asks too often: one in a minute."""
        return not self._rates.wait(f"told {channel} {asked.workspace} {asked.person}", 1)

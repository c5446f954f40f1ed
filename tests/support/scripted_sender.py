"""A scripted account without a socket, for properties over hundreds of generated readings."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.scripted_http import Asked, Said
from worker.adapters.http import HttpAnswer


class ScriptedSender:
    """Stands in for the HTTP client of a source. `asked` counts requests."""

    def __init__(self, answer: Callable[[Asked], Said]) -> None:
        self._answer = answer
        self.asked = 0

    async def send(self, method: str, path: str, *, params: Mapping[str, str] | None = None, **_: Any) -> HttpAnswer:
        self.asked += 1
        said = self._answer(Asked(method, path, dict(params or {}), {}, b"", 0.0))
        return HttpAnswer(said.status, dict(said.headers), said.content())

    async def aclose(self) -> None:
        return

"""Pipedrive's two limits: requests in a rolling window of two seconds, and a day's tokens. Each endpoint has its own
price in tokens.

https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping

COSTS: Mapping[str, int] = {
    "GET /api/v2/pipelines": 5,
    "GET /api/v2/pipelines/{id}": 1,
    "POST /api/v2/pipelines": 5,
    "PATCH /api/v2/pipelines/{id}": 5,
    "DELETE /api/v2/pipelines/{id}": 3,
    "GET /api/v2/stages": 5,
    "GET /api/v2/deals": 10,
    "GET /api/v2/deals/archived": 20,
    "GET /api/v2/deals/{id}": 1,
    "GET /api/v1/pipelines/{id}/conversion_statistics": 40,
    "GET /api/v1/pipelines/{id}/movement_statistics": 40,
    "GET /api/v1/pipelines/{id}/deals": 20,
    "GET /api/v1/deals/summary": 40,
    "GET /api/v1/users": 20,
    "GET /api/v1/users/me": 2,
    "GET /api/v1/currencies": 20,
    "GET /api/v1/filters": 20,
    "GET /api/v1/webhooks": 10,
    "POST /api/v1/webhooks": 10,
    "DELETE /api/v1/webhooks/{id}": 6,
}
"""The prices are repeated here on purpose, so that a wrong price in the adapter is found."""

DAILY = "daily request budget exceeded"
OVER = "request over limit"


class TokenLimit:
    """`count` requests per `seconds`. `tokens` per day, of which `left` remain until a test resets them. `says_wait`:
    whether the refusal of a burst has a Retry-After; answers with and without it were seen.
    """

    def __init__(
        self, count: int = 400, seconds: float = 2.0, tokens: int = 300_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.count = count
        self.seconds = seconds
        self.tokens = tokens
        self.left = tokens
        self.refused = 0
        self.says_wait = True
        self._clock = clock
        self._recent: deque[float] = deque()

    def set(self, count: int, seconds: float = 2.0, tokens: int | None = None) -> None:
        """Sets a new limit. The window starts again, and so does the day if `tokens` is given."""
        self.count, self.seconds = count, seconds
        self._recent.clear()
        if tokens is not None:
            self.tokens = self.left = tokens

    def take(self, cost: int) -> tuple[str | None, dict[str, str]]:
        """What refuses this request (None: nothing), and the headers of its answer."""
        now = self._clock()
        while self._recent and now - self._recent[0] >= self.seconds:
            self._recent.popleft()
        refusal = OVER if len(self._recent) >= self.count else DAILY if self.left < cost else None
        if refusal is None:
            self._recent.append(now)
            self.left -= cost
        else:
            self.refused += 1
        return refusal, self._headers(refusal, now)

    def _headers(self, refusal: str | None, now: float) -> dict[str, str]:
        reset = self._recent[0] + self.seconds - now if self._recent else self.seconds
        headers = {
            "x-ratelimit-limit": str(self.count),
            "x-ratelimit-remaining": str(self.count - len(self._recent)),
            "x-ratelimit-reset": str(max(1, math.ceil(reset))),
            "x-daily-requests-left": str(self.left),
            "x-daily-ratelimit-token-limit": str(self.tokens),
            "x-daily-ratelimit-token-remaining": str(self.left if refusal != DAILY else 0),
        }
        if refusal == DAILY:
            headers["retry-after"] = "3939"
        elif refusal is not None and self.says_wait:
            headers["retry-after"] = headers["x-ratelimit-reset"]
        return headers

"""Reports an outage of Redis only once, because a clock tries four times a second."""

import structlog

from worker.errors import LedgerError


class Outage:
    """The state of one process. `lasts` and `over` may be called any number of times."""

    def __init__(self) -> None:
        self._on = False
        self._empty = False

    def empty(self, nothing_deployed: bool) -> None:
        """Reports once that nothing is deployed. An idle clock looks healthy, but Redis may have been emptied."""
        if nothing_deployed and not self._empty:
            sentence = "nothing is deployed under this project's name in this Redis, so nothing fires: deploy; "
            structlog.get_logger().warning("nothing_deployed", sentence=f"{sentence}was Redis emptied?")
        self._empty = nothing_deployed

    def lasts(self, error: LedgerError | TimeoutError) -> None:
        if not self._on:
            sentence = str(error) or "Redis did not answer in time"
            structlog.get_logger().warning("ledger_unavailable", sentence=sentence)
        self._on = True

    def over(self) -> None:
        if self._on:
            structlog.get_logger().info("ledger_back", sentence="Redis can be used again")
        self._on = False

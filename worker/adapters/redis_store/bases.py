"""The rows of stored tables that later tables are stored as the difference to, ready to be found by their bytes."""

from collections.abc import Mapping

MOST = 8_000_000
"""Bytes of rows that a process keeps. A run of a list of ten thousand deals takes about 3 MB."""


class Bases:
    """Name → the place of each row by its bytes, for the tables used last. A name is the hash of the content, so an
    entry is never stale. A table with more than `most` bytes is not kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._places: dict[str, Mapping[bytes, int]] = {}

    def get(self, name: str) -> Mapping[bytes, int] | None:
        places = self._places.pop(name, None)
        if places is not None:
            self._places[name] = places  # moves to the end
        return places

    def put(self, name: str, places: Mapping[bytes, int]) -> None:
        size = _size(places)
        if name in self._places or size > self._most:
            return
        self._places[name] = places
        self._size += size
        while self._size > self._most:
            self._size -= _size(self._places.pop(next(iter(self._places))))


def _size(places: Mapping[bytes, int]) -> int:
    return sum(map(len, places))

"""Rules of a query over parameters of which some could not be read.

A value that is complained of must not hide the other faults of its item. Its rules run all the same, and each one ends
where it looks at such a parameter, because nothing can be said about it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from worker.ports.kinds import RuleViolation, Use

Rule = Callable[[Use], Iterable[RuleViolation]]


class UnreadParam(Exception):
    """A rule looked at a parameter that was complained of already."""


class ReadParams(Mapping[str, Any]):
    """Parameters by name. One of `unread` raises UnreadParam, whether it is looked at or looked for."""

    def __init__(self, read: Mapping[str, Any], unread: Collection[str]) -> None:
        self._read = read
        self.unread = frozenset(unread)

    def __getitem__(self, name: str) -> Any:
        if name in self.unread:
            raise UnreadParam(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


def broken(rules: Iterable[Rule], use: Use) -> tuple[RuleViolation, ...]:
    """What each rule finds, in their order. A rule that meets an unread parameter says what it found before."""
    return tuple(violation for rule in rules for violation in _of(rule, use))


def _of(rule: Rule, use: Use) -> Iterator[RuleViolation]:
    try:
        yield from rule(use)
    except UnreadParam:
        return

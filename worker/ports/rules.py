"""Rules of a query for parameters of which some could not be read. An invalid value must not hide the other faults of
its item. Therefore its rules run anyway, and a rule ends when it reads such a parameter, because nothing can be said
about it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from worker.ports.kinds import RuleViolation, Use

Rule = Callable[[Use], Iterable[RuleViolation]]


class UnreadParam(Exception):
    """A rule read a parameter that is invalid and already reported."""


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
    """The findings of each rule, in their order. A rule that reaches an unread parameter keeps its findings so far."""
    return tuple(violation for rule in rules for violation in _of(rule, use))


def _of(rule: Rule, use: Use) -> Iterator[RuleViolation]:
    try:
        yield from rule(use)
    except UnreadParam:
        return

"""Kinds from other distributions, found through the entry points of installed packages."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from worker.errors import RequestError


class _Typed(Protocol):
    @property
    def type(self) -> str: ...


K = TypeVar("K", bound=_Typed)


def with_plugins(group: str, wanted: type[K], built_in: Mapping[str, K]) -> dict[str, K]:
    """`built_in` and the kinds of the entry points in `group`, by type. `wanted` is the class of a kind.

    Raises RequestError with one sentence for an entry point that cannot be loaded, that is not such a kind, or whose
    type already exists. Installing a package must never change which service a schedule uses.
    """
    found = dict(built_in)
    for point in sorted(entry_points(group=group), key=_name):
        kind = _loaded(point, wanted)
        if kind.type in found:
            raise RequestError(f"{_name(point)}: found the type {kind.type!r}, which exists already; rename it")
        found[kind.type] = kind
    return found


def _loaded(point: EntryPoint, wanted: type[K]) -> K:
    try:
        kind = point.load()
    except Exception as error:
        problem = f"{type(error).__name__}: {_one_line(str(error).split())}"
        raise RequestError(f"{_name(point)}: cannot be loaded ({problem}); repair or uninstall it") from error
    if not isinstance(kind, wanted):
        raise RequestError(f"{_name(point)}: found a {type(kind).__name__}, expected a {wanted.__name__}")
    return kind


def _one_line(words: Iterable[str]) -> str:
    return " ".join(words)[:200]


def _name(point: EntryPoint) -> str:
    """As in: plug-in funnelbeat-tickets (funnelbeat.sources: tickets = tickets.kind:TICKETS)."""
    whose = point.dist.name if point.dist is not None else "of an unnamed distribution"
    return f"plug-in {whose} ({point.group}: {point.name} = {point.value})"

"""The services' words for digests, gathered from their kinds for the renderer and for attached files."""

from collections.abc import Iterable, Mapping
from functools import cache

from worker.plugins import CONNECTIONS, STAND_INS, connections
from worker.ports.kinds import SourceKind
from worker.rendering.vocabulary import Vocabulary


def merged(services: Iterable[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    """All services' words by language. A digest may show several services, so one key has one text: that of the first
    service that has it.
    """
    found: dict[str, dict[str, str]] = {}
    for words in services:
        for language, texts in words.items():
            known = found.setdefault(language, {})
            known.update({key: text for key, text in texts.items() if key not in known})
    return found


def vocabulary_of(kinds: Mapping[str, SourceKind]) -> Vocabulary:
    specs = [((kind.type, name), spec) for kind in kinds.values() for name, spec in kind.queries.items()]
    notes = (kind for source in kinds.values() for kind in source.notes)
    return Vocabulary(
        words=merged(kind.words for kind in kinds.values()),
        services={name: kind.type for name, kind in STAND_INS.items()},
        counts={key: spec.counts for key, spec in specs if spec.counts},
        lists=frozenset(key for key, spec in specs if spec.lists_opportunities),
        notes=tuple(sorted({kind.name: kind for kind in notes}.values(), key=lambda kind: -len(kind.text))),
    )


VOCABULARY = vocabulary_of(CONNECTIONS)
"""Of the services that this version ships."""


@cache
def vocabulary() -> Vocabulary:
    """Of these, and of installed plug-ins. Raises RequestError for a broken plug-in."""
    return vocabulary_of(connections())

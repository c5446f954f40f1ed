"""What services know and a digest prints, gathered from the registries for the renderer and for attached files."""

from collections.abc import Iterable, Mapping

from worker.plugins import SERVICE_OF
from worker.rendering.vocabulary import DEALS, Vocabulary
from worker.sources.close.words import WORDS as CLOSE
from worker.sources.pipedrive.words import WORDS as PIPEDRIVE
from worker.sources.umami.words import WORDS as UMAMI

_COUNTS = {
    ("close", "funnel_stages"): DEALS,
    ("umami", "funnel"): "visitors",
}
_OPPORTUNITIES = frozenset({("close", "opportunities"), ("pipedrive", "deals"), ("pipedrive", "stalled_deals")})


def merged(services: Iterable[Mapping[str, Mapping[str, str]]]) -> dict[str, dict[str, str]]:
    """All services' words by language. One key has one text, because a digest may show several services."""
    found: dict[str, dict[str, str]] = {}
    for words in services:
        for language, texts in words.items():
            found.setdefault(language, {}).update(texts)
    return found


VOCABULARY = Vocabulary(merged((CLOSE, PIPEDRIVE, UMAMI)), SERVICE_OF, _COUNTS, _OPPORTUNITIES)

"""Names of moves, metrics and queries, and a service's names for next steps and reasons of stalled deals."""

import re
from collections.abc import Mapping

from worker.domain.snapshot.codes import CodeKind, code_of, worded
from worker.domain.snapshot.opportunity import INWARD, Move
from worker.rendering.phrases import Phrases, capital
from worker.sanitize import clean


class Labels:
    """`words`: those of Funnelbeat and of the services, in the reader's language. `english`: those of the services in
    English.
    """

    def __init__(self, words: Mapping[str, str], english: Mapping[str, str], phrases: Phrases) -> None:
        self._words = words
        self._english = english
        self._say = phrases.say

    def move_label(self, move: Move) -> str:
        """The name of a bridge row."""
        return self._words[f"move.{Move(move).value}"]

    def move_counted(self, move: Move, n: int) -> str:
        """As in "6 new deals" or "4 won"."""
        return self._say(f"counted.{Move(move).value}", n)

    def detail(self, detail: str) -> str:
        """Why a deal joined or left; empty for a detail that has no words."""
        return self._words.get(f"detail.{detail}", "")

    def metric_label(self, name: str) -> str:
        """A service's metric in words: "count_total_won" → "Won". An unknown one only loses its underscores. In a key
        of several words, each one is translated: "lcp_ms.p50" → "Lcp ms, p50".
        """
        known = self._words.get(f"metric.{name}")
        return capital(known or ", ".join(map(self._metric_word, name.split("."))))

    def _metric_word(self, name: str) -> str:
        return self._words.get(f"metric.{name}") or _plain_words(clean(name))

    def query_label(self, name: str) -> str:
        """A service's query in words: "funnel totals"; an unknown one only loses its underscores."""
        known = self._words.get(f"query.{name}")
        return known if known is not None else _plain_words(clean(name))

    def next_step(self, text: str | None) -> str:
        """A service's code in this language; a text that a person wrote is only cleaned. "" for none."""
        if text is None:
            return ""
        known = self._known(CodeKind.NEXT_STEP, text)
        if known is not None:
            return known
        words = _plain_words(text)
        return clean(text if words == text else capital(words))

    def stall_reason(self, text: str | None) -> str:
        """A service's code in this language; a sentence from an older snapshot is only cleaned. "" for none."""
        if text is None:
            return ""
        known = self._known(CodeKind.STALL_REASON, text)
        return known if known is not None else _plain_words(clean(text))

    def service_word(self, text: str | None) -> str:
        """For templates that do not distinguish the two."""
        step = None if text is None else self._known(CodeKind.NEXT_STEP, text)
        return step if step is not None else self.stall_reason(text)

    def _known(self, kind: CodeKind, text: str) -> str | None:
        found = worded(kind, code_of(kind, text, self._english), self._words)
        return None if found is None else clean(found)


def direction(move: Move) -> int:
    """+1 if the move adds to the closing, −1 if it subtracts."""
    return 1 if move in INWARD else -1


def _plain_words(text: str) -> str:
    return text.replace("_", " ") if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", text) else text

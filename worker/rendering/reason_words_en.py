"""The sentences of all reasons as phrases, so that another language can have its own."""

from collections.abc import Mapping

from worker.domain.reason import SENTENCES, Reason


def key_of(reason: Reason) -> str:
    return f"reason.{reason.value}"


WORDS: Mapping[str, str] = {key_of(reason): sentence for reason, sentence in SENTENCES.items()}

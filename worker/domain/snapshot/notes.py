"""Notes of a source on an answer. Operators read them in English, readers in their own language.

A note is stored as its English sentence, and its kind is found by that sentence's form: so answers that are stored
already, and those of older versions, are worded too. A coded note is stored as "<code>:<number>".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

Note = NewType("Note", str)
"""A sentence that a kind of note made, so that a reader sees it in their language."""

_MORE = re.compile(r"and (\d+) more notes")
_PLACE = re.compile(r"\{(\d)\}")


@dataclass(frozen=True, slots=True)
class NoteKind:
    """`text`: in English, with {1}, {2}, … for what differs. `words`: by language, the note for a reader; it need not
    have every place, because a path or a status means nothing to a reader. `name` is the key "noted.<name>" of a word.
    """

    name: str
    text: str
    words: Mapping[str, str]

    def __call__(self, *values: object) -> Note:
        return Note(_PLACE.sub(lambda place: str(values[int(place[1]) - 1]), self.text))

    def values(self, note: str) -> tuple[str, ...] | None:
        """What stands in the places of this note; None if it is of another kind."""
        literal = _PLACE.split(self.text)[::2]
        found = re.fullmatch("(.+?)".join(map(re.escape, literal)), note, re.DOTALL)
        return None if found is None else found.groups()


def words_of(kinds: Iterable[NoteKind], language: str) -> dict[str, str]:
    """The words of these kinds, as a source has them. Raises KeyError for a kind that lacks the language."""
    return {f"noted.{kind.name}": kind.words[language] for kind in kinds}


def capped(notes: Iterable[Note], most: int) -> tuple[str, ...]:
    """Each note once, at most so many; the last one counts the others."""
    once = tuple(dict.fromkeys(notes))
    return (*once[:most], f"and {len(once) - most} more notes") if len(once) > most else once


class NoteCode(StrEnum):
    NOT_JUDGED = "not_judged"  # the number of open deals that the rule cannot judge


_SENTENCES = {
    NoteCode.NOT_JUDGED: (
        "1 open deal was not judged: the rule knows nothing of its stage",
        "{n} open deals were not judged: the rule knows nothing of their stage",
    )
}


def counted(code: NoteCode, n: int) -> Note:
    return Note(f"{code}:{n}")


def coded(note: str) -> tuple[NoteCode, int] | None:
    """The code of a note and its number; None for a sentence."""
    code, _, number = note.partition(":")
    if code not in set(NoteCode) or not (number.isascii() and number.isdecimal()):
        return None
    return NoteCode(code), int(number)


def sentence(note: str) -> str:
    """A note in English, for those who run the project."""
    found = coded(note)
    if found is None:
        return note
    code, n = found
    one, other = _SENTENCES[code]
    return one if n == 1 else other.replace("{n}", str(n))


def unjudged(notes: Iterable[str]) -> int:
    """Deals that a stalled list says nothing about."""
    found = (coded(note) for note in notes)
    return sum(one[1] for one in found if one is not None and one[0] is NoteCode.NOT_JUDGED)


def split(notes: Iterable[str], most: int) -> tuple[tuple[str, ...], int]:
    """The first `most` notes, and the number of the others. A source with too many notes writes itself how many it left
    out, and these are counted too.
    """
    shown: list[str] = []
    more = 0
    for note in notes:
        beyond = _MORE.fullmatch(note)
        if beyond is not None:
            more += int(beyond[1])
        else:
            shown.append(note)
    return tuple(shown[:most]), more + max(0, len(shown) - most)

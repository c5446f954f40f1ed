"""What a source says beside an answer: a sentence, or a code that is put into the reader's language.

A coded note is stored as "<code>:<number>". Every other note is a sentence as the source wrote it.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

_MORE = re.compile(r"and (\d+) more notes")


class NoteCode(StrEnum):
    NOT_JUDGED = "not_judged"  # the number of open deals that the rule cannot judge


_SENTENCES = {
    NoteCode.NOT_JUDGED: (
        "1 open deal was not judged: the rule knows nothing of its stage",
        "{n} open deals were not judged: the rule knows nothing of their stage",
    )
}


def counted(code: NoteCode, n: int) -> str:
    return f"{code}:{n}"


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

"""Doubts that Close's answers leave, each kind with its note for readers."""

from worker.domain.snapshot.notes import NoteKind
from worker.sources.common.notes import LEFT_OUT, LIST_NOTES

_ODD = {
    "en": "a figure of Close's does not fit the others",
    "de": "eine Zahl von Close passt nicht zu den anderen",
}
_MISSING = {
    "en": "a figure is missing in Close's answer",
    "de": "eine Zahl fehlt in der Antwort von Close",
}
_FINER = {
    "en": "an amount is finer than its currency and is cut",
    "de": "ein Betrag ist feiner als seine Währung und ist gekürzt",
}
MISSING = NoteKind("close_missing", "{1} is missing", _MISSING)
MORE_THAN = NoteKind("close_more_than", "aggregations: {1} is more than {2}", _ODD)
NO_SUM = NoteKind("close_no_sum", "aggregations.{1} is not the sum over users", _ODD)
FINER = NoteKind("close_finer", "{1}: {2} hundredths of {3} do not fit its minor unit", _FINER)
FINER_KEPT = NoteKind("close_finer_kept", "{1}: {2} hundredths of {3} do not fit its minor unit; kept {4}", _FINER)
AS_TEXT = NoteKind(
    "close_as_text",
    "{1}: a number written as text",
    {"en": "a number came as text and was read", "de": "eine Zahl kam als Text und wurde gelesen"},
)
NO_FRACTION = NoteKind(
    "close_no_fraction",
    "{1}: {2} is no fraction of one",
    {"en": "a share is more than the whole ({2})", "de": "ein Anteil ist mehr als das Ganze ({2})"},
)
NO_FILE = NoteKind(
    "close_no_file",
    "the file by user is missing: {1}",
    {"en": "the file by user is missing", "de": "die Datei nach Personen fehlt"},
)
ONE_BY_ONE = NoteKind(
    "close_one_by_one",
    "closed deals could not be listed, so each is asked for by id: {1}",
    {
        "en": "closed deals could not be listed, and each was looked up",
        "de": "abgeschlossene Deals ließen sich nicht auflisten und wurden einzeln nachgeschlagen",
    },
)
NOTES = (
    *LIST_NOTES,
    LEFT_OUT,
    MISSING,
    MORE_THAN,
    NO_SUM,
    FINER,
    FINER_KEPT,
    AS_TEXT,
    NO_FRACTION,
    NO_FILE,
    ONE_BY_ONE,
)

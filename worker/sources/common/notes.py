"""Notes that any source may add to a list that it read."""

from worker.domain.snapshot.notes import NoteKind

NOT_LOOKED_UP = NoteKind(
    "not_looked_up",
    "{1} could not be looked up: {2}",
    {
        "en": "what became of {1} could not be found out",
        "de": "was aus {1} wurde, war nicht herauszufinden",
    },
)
PAST_LIMIT = NoteKind(
    "past_follow_limit",
    "{1} deals past follow_limit were not looked up: {2}",
    {
        "en": "more deals left the list than are looked up; those left out: {1}",
        "de": "mehr Deals fehlen in der Liste, als nachgeschlagen werden; nicht nachgeschlagen: {1}",
    },
)
NOT_IN_LIST = NoteKind(
    "not_in_list",
    "{1} matches the filters, yet the list does not hold it: counted as looked up",
    {
        "en": "{1} belongs to the list, which did not hold it, and is counted",
        "de": "{1} gehört in die Liste, stand aber nicht darin, und ist mitgezählt",
    },
)
LEFT_OUT = NoteKind(
    "left_out",
    "{1}; left out",
    {
        "en": "a figure or a field came in an unknown form and is left out",
        "de": "ein Wert kam in unbekannter Form und fehlt hier",
    },
)
MINOR_UNIT = NoteKind(
    "minor_unit",
    "{1}: {2} does not fit the currency's minor unit; kept {3}",
    {
        "en": "an amount is finer than its currency ({2}) and is cut",
        "de": "ein Betrag ist feiner als seine Währung ({2}) und ist gekürzt",
    },
)
LIST_NOTES = (NOT_LOOKED_UP, PAST_LIMIT, NOT_IN_LIST)

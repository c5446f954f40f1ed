"""Doubts that Umami's answers leave, each kind with its note for readers."""

from worker.domain.snapshot.notes import NoteKind

MINUTES = NoteKind(
    "window_in_minutes",
    "window: {1} was read as minutes",
    {
        "en": "the pause between steps, {1}, was read as minutes",
        "de": "die Pause zwischen Schritten, {1}, wurde als Minuten gelesen",
    },
)
MISSPELT = NoteKind(
    "query_called",
    "query: {1} is called {2} by Umami: write {2}",
    {"en": "the report {1} is called {2} by Umami", "de": "der Bericht {1} heißt bei Umami {2}"},
)
FILTERS_UNUSED = NoteKind(
    "filters_unused",
    "the saved report holds filters, which Umami does not apply when it is run; write them below params.filters",
    {
        "en": "the filters of the saved report do not count",
        "de": "die Filter des gespeicherten Berichts zählen nicht",
    },
)
RESET = NoteKind(
    "website_reset",
    "the website was reset within this window: nothing before that counts",
    {
        "en": "the website's figures were reset in this period: nothing before that counts",
        "de": "die Zahlen der Website wurden in diesem Zeitraum zurückgesetzt: davor zählt nichts",
    },
)
SIX_MONTHS = NoteKind(
    "six_months",
    "without a subscription Umami Cloud counts the last six months only",
    {
        "en": "Umami Cloud counts the last six months only",
        "de": "Umami Cloud zählt nur die letzten sechs Monate",
    },
)
NOT_GIVEN = NoteKind(
    "part_not_told",
    "{1} is not told: version 3.1 tells it",
    {
        "en": "a part of the report ({1}) is not told by this version of Umami",
        "de": "ein Teil des Berichts ({1}) fehlt in dieser Version von Umami",
    },
)
NO_SESSIONS = NoteKind(
    "no_sessions",
    "sessions and revenue per session are left out: Umami counts them without the filters",
    {
        "en": "sessions and revenue per session are left out: Umami counts them without the filters",
        "de": "Sitzungen und Umsatz je Sitzung fehlen: Umami zählt sie ohne die Filter",
    },
)
ROUNDED = NoteKind(
    "amounts_rounded",
    "{1}: amounts finer than the smallest unit of {2} were rounded",
    {
        "en": "amounts finer than the smallest unit of {2} were rounded",
        "de": "Beträge feiner als die kleinste Einheit von {2} sind gerundet",
    },
)
JOURNEYS_CUT = NoteKind(
    "journeys_cut",
    "journeys: only the {1} ways that Umami gives, not all",
    {"en": "only {1} journeys are shown, not all", "de": "nur {1} Wege sind genannt, nicht alle"},
)
TABLE_CUT = NoteKind(
    "table_cut",
    "{1}: only the {2} largest, which is all that Umami gives",
    {"en": "{1}: only the {2} largest are shown", "de": "{1}: nur die {2} größten sind genannt"},
)
NOTES = (
    MINUTES,
    MISSPELT,
    FILTERS_UNUSED,
    RESET,
    SIX_MONTHS,
    NOT_GIVEN,
    NO_SESSIONS,
    ROUNDED,
    JOURNEYS_CUT,
    TABLE_CUT,
)

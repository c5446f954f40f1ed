"""Doubts that Pipedrive's answers leave, each kind with its note for readers."""

from worker.domain.snapshot.notes import NoteKind
from worker.sources.common.notes import LIST_NOTES, MINOR_UNIT

SHARES = NoteKind(
    "shares_counted",
    "won and lost shares are of deals counted in movements, and no average of anybody's rates",
    {
        "en": "won and lost shares are counted from deals, not averaged over people",
        "de": "Anteile gewonnener und verlorener Deals sind gezählt und nicht über Personen gemittelt",
    },
)
OWN_DEALS = NoteKind(
    "own_deals",
    "only deals of {1}, whose token it is: write user_id: all for everybody",
    {"en": "only deals of {1} are counted", "de": "nur Deals von {1} sind gezählt"},
)
LEFT = NoteKind(
    "user_left",
    "without {1}, who left: {2}",
    {"en": "without {1}, who left", "de": "ohne {1}, nicht mehr im Unternehmen"},
)
WHOLE_DAYS = NoteKind(
    "whole_days",
    "answered for whole days, {1} to {2}",
    {"en": "counted in whole days, {1} to {2}", "de": "in ganzen Tagen gezählt, {1} bis {2}"},
)
IDS = NoteKind(
    "users_stay_ids",
    "users stay ids: {1}",
    {"en": "people's names may not be read here", "de": "Namen von Personen sind hier nicht lesbar"},
)
NO_CURRENCIES = NoteKind(
    "no_currencies",
    "currencies of the company's own cannot be read: {1}",
    {
        "en": "the company's own currencies cannot be read",
        "de": "eigene Währungen des Unternehmens sind nicht lesbar",
    },
)
UNREAD_SUM = NoteKind(
    "unread_sum",
    "{1}: the currency {2} cannot be read; its sum is left out",
    {
        "en": "the currency {2} cannot be read; its sum is left out",
        "de": "die Währung {2} ist nicht lesbar; ihre Summe fehlt",
    },
)
UNREAD_VALUE = NoteKind(
    "unread_value",
    "deal {1}: a currency, {2}, cannot be read; its value is left out",
    {
        "en": "the value of deal {1} is left out: its currency cannot be read",
        "de": "der Wert von Deal {1} fehlt: seine Währung ist nicht lesbar",
    },
)
PROBABILITY = NoteKind(
    "unread_probability",
    "deal {1}: probability is {2}, which is left out",
    {
        "en": "the probability of deal {1} cannot be read and is left out",
        "de": "die Wahrscheinlichkeit von Deal {1} ist nicht lesbar und fehlt",
    },
)
READ_AS_NONE = NoteKind(
    "read_as_none",
    "deal {1}: {2} is {3}, read as none",
    {
        "en": "a field of deal {1} holds nothing that can be read",
        "de": "ein Feld von Deal {1} enthält nichts Lesbares",
    },
)
NO_SUMMARY = NoteKind(
    "no_summary",
    "the list's own summary could not be read: {1}",
    {"en": "the list's own sums could not be read", "de": "die eigenen Summen der Liste waren nicht lesbar"},
)
NOT_CONVERTED = NoteKind(
    "not_converted",
    "per_stages_converted is left out: {1}",
    {
        "en": "converted sums by stage could not be read and are left out",
        "de": "umgerechnete Summen nach Phase waren nicht lesbar und fehlen",
    },
)
TOTAL_COUNT = NoteKind(
    "total_count",
    "total_count is {1}, the currencies together hold {2}",
    {
        "en": "{1} deals are told in all, and {2} by currency",
        "de": "{1} Deals sind insgesamt genannt, nach Währungen {2}",
    },
)
NO_CURRENCY = NoteKind(
    "no_currency",
    "{1} is left out: nothing says in which currency it is",
    {
        "en": "a converted sum is left out: nothing says its currency",
        "de": "eine umgerechnete Summe fehlt: nichts nennt ihre Währung",
    },
)
NOTES = (
    *LIST_NOTES,
    MINOR_UNIT,
    SHARES,
    OWN_DEALS,
    LEFT,
    WHOLE_DAYS,
    IDS,
    NO_CURRENCIES,
    UNREAD_SUM,
    UNREAD_VALUE,
    PROBABILITY,
    READ_AS_NONE,
    NO_SUMMARY,
    NOT_CONVERTED,
    TOTAL_COUNT,
    NO_CURRENCY,
)

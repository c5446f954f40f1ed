"""Close's list parameters: which opportunities match, and in which order. Unknown ones are refused or ignored,
according to the dialect; malformed ones are refused.

Names and operators: https://developer.close.com/api/resources/opportunities/list
"""

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from worker.sandbox.cast import LEAD_VIEW, ORGANISATION, SAVED_SEARCH, STAGES, USERS_BY_ID
from worker.sandbox.close_dialect import FRAMEWORK, REFUSING, CloseDialect
from worker.sandbox.close_rows import expected
from worker.sandbox.events import SimulatedDeal

MAX_LIMIT = 200
"""Observed to be accepted for opportunities, users, pipelines and webhooks."""
FRAMEWORK_LIMIT = 100
"""The framework's limit for resources without a limit of their own."""
MAX_SKIP = 250_000
LARGE = 1_000_000  # the saved search "large deals": at least this annual value, in cents

Test = Callable[[SimulatedDeal], bool]


class CloseRefusal(Exception):
    """Becomes a 400 with `field-errors`, or with `errors` when no single field is wrong."""

    def __init__(self, field: str | None, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(problem)

    def body(self) -> dict[str, Any]:
        """As the API answers it."""
        if self.field is None:
            return {"errors": [self.problem], "field-errors": {}}
        return {"errors": [], "field-errors": {self.field: self.problem}}


class PagingRefusal(CloseRefusal):
    """`words`: the framework's text, in an `error` of its own."""

    def __init__(self, field: str | None, problem: str, words: str) -> None:
        self.words = words
        super().__init__(field, problem)


FIELDS: dict[str, Callable[[SimulatedDeal], Any]] = {
    "lead_id": lambda d: d.lead_id,
    "organization_id": lambda _d: ORGANISATION,
    "user_id": lambda d: d.owner,
    "status_id": lambda d: d.stage,
    "status_type": lambda d: d.status,
    "status_label": lambda d: STAGES[d.stage].label,
    "status": lambda d: STAGES[d.stage].label,
    "value_period": lambda d: d.period,
}
IN = {"user_id", "status_id", "status_type", "status_label", "status", "value_period"}
CHOICES = {"status_type": {"active", "won", "lost"}, "value_period": {"one_time", "monthly", "annual"}}
DATES = ("date_won", "date_created", "date_updated")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda a, b: bool(a == b),
    "__gte": lambda a, b: bool(a >= b),
    "__gt": lambda a, b: bool(a > b),
    "__lte": lambda a, b: bool(a <= b),
    "__lt": lambda a, b: bool(a < b),
}
PAGING = {"_limit", "_skip", "_fields", "_order_by", "_group_by"}

ORDERS: dict[str, Callable[[SimulatedDeal], Any]] = {
    "date_won": lambda d: d.due,
    "date_updated": lambda d: d.updated_at,
    "date_created": lambda d: d.created_at,
    "confidence": lambda d: d.confidence,
    "user_name": lambda d: USERS_BY_ID[d.owner].name if d.owner else None,
    "value": lambda d: d.value,
    "annualized_value": lambda d: d.annual,
    "annualized_expected_value": lambda d: expected(d.annual, d.confidence),
}


def tests(params: Mapping[str, str], zone: timezone, dialect: CloseDialect) -> list[Test]:
    """One test per filter. A deal matches when all tests pass. `zone`: of dates without a time. Raises CloseRefusal."""
    given = {name: str(text) for name, text in params.items() if name not in PAGING}
    if dialect is FRAMEWORK:
        given = {name: text for name, text in given.items() if _known(name, text)}
    return [_test(name, text, zone) for name, text in given.items()]


def _known(name: str, text: str) -> bool:
    base, _, operator = name.partition("__")
    if base in DATES:
        return f"__{operator}".removesuffix("__") in OPERATORS
    if base in FIELDS:
        values = text.split(",") if operator else [text]
        known = base not in CHOICES or text == "" or all(value in CHOICES[base] for value in values)
        return known and (not operator or (operator == "in" and base in IN))
    return name in OTHERS


def _test(name: str, text: str, zone: timezone) -> Test:
    base, _, operator = name.partition("__")
    if base in DATES and f"__{operator}".removesuffix("__") in OPERATORS:
        return _date_test(base, name.removeprefix(base), text, zone)
    if base in FIELDS and (not operator or (operator == "in" and base in IN)):
        return _field_test(base, text.split(",") if operator else [text], name)
    if name in OTHERS:
        return OTHERS[name](text)
    raise CloseRefusal(name, "This parameter is not known.")


def _field_test(name: str, values: list[str], given: str) -> Test:
    """An empty value is null."""
    if values == [""]:
        return lambda deal: FIELDS[name](deal) is None
    wrong = [value for value in values if name in CHOICES and value not in CHOICES[name]]
    if wrong:
        raise CloseRefusal(given, f"Not a valid choice: {wrong[0]}")
    read, wanted = FIELDS[name], frozenset(values)
    return lambda deal: read(deal) in wanted


def _stalled_test(text: str) -> Test:
    if text.lower() not in {"true", "false"}:
        raise CloseRefusal("is_stalled", f"Not a valid boolean: {text}")
    return lambda deal: deal.stalled == (text.lower() == "true")


def _lead_test(text: str) -> Test:
    return lambda deal: text.casefold() in deal.lead.casefold()


def _search_test(text: str) -> Test:
    """Terms `field:value`, or words that occur anywhere in the note or the customer's name. All of them must match.
    Raises CloseRefusal for a field that the simulation cannot search.
    """
    terms = [(field, value.strip('"')) for field, value in _TERM.findall(text)]
    unknown = next((field for field, _ in terms if field not in SEARCHES), None)
    if unknown is not None:
        raise CloseRefusal("query", f"The simulation has no search for {unknown}.")
    return lambda deal: all(SEARCHES[field](deal, value.casefold()) for field, value in terms)


_TERM = re.compile(r'(?:(\w+)[:(])?("[^"]*"|\S+)')
SEARCHES: dict[str, Callable[[SimulatedDeal, str], bool]] = {
    "": lambda deal, word: word in f"{deal.note}\n{deal.lead}".casefold(),
    "note": lambda deal, word: word in deal.note.casefold(),
    "opportunity_status": lambda deal, label: STAGES[deal.stage].label.casefold() == label,
    "opportunity_status_type": lambda deal, kind: deal.status == kind,
}


def saved_search(field: str, search: str) -> Test:
    """There is one condition, saved as a view of deals and as one of leads: an annual value of 10,000 or more. Raises
    CloseRefusal for any other one.
    """
    if search not in {SAVED_SEARCH, LEAD_VIEW}:
        raise CloseRefusal(field, "Object does not exist.")
    return lambda deal: (deal.annual or 0) >= LARGE


OTHERS: dict[str, Callable[[str], Test]] = {
    "is_stalled": _stalled_test,
    "query": _search_test,
    "lead_query": _lead_test,
    "lead_saved_search_id": lambda text: saved_search("lead_saved_search_id", text),
}


def _date_test(name: str, operator: str, text: str, zone: timezone) -> Test:
    compare = OPERATORS[operator]
    try:
        bound = datetime.fromisoformat(text)
    except ValueError:
        raise CloseRefusal(name + operator, f"Not a valid date: {text}") from None
    if bound.tzinfo is None:
        bound = bound.replace(tzinfo=zone)
    if name == "date_won":
        day = bound.date()
        return lambda deal: deal.due is not None and compare(deal.due, day)
    read = ORDERS[name]
    if len(text) == 10:  # a day, in the caller's offset
        return lambda deal: compare(read(deal).astimezone(zone).date(), bound.date())
    return lambda deal: compare(read(deal), bound)


def ordered(
    deals: list[SimulatedDeal], order: str, dialect: CloseDialect = REFUSING, chance: random.Random | None = None
) -> list[SimulatedDeal]:
    """Sorts by each name in turn. A minus reverses the order, and unknown values come last. Ids decide ties, or
    `chance` does. Raises CloseRefusal.
    """
    result = sorted(deals, key=lambda deal: deal.id)
    if chance is not None:
        chance.shuffle(result)
    for name in reversed([part for part in order.split(",") if part]):
        read = ORDERS.get(name.removeprefix("-"))
        if read is None and dialect is FRAMEWORK:
            continue
        if read is None:
            raise CloseRefusal("_order_by", f"Not a valid choice: {name}")
        known = [deal for deal in result if read(deal) is not None]
        unknown = [deal for deal in result if read(deal) is None]
        result = sorted(known, key=read, reverse=name.startswith("-")) + unknown
    return result


def paging(params: Mapping[str, str], most: int = MAX_LIMIT) -> tuple[int, int]:
    """(limit, skip). Raises PagingRefusal for text that is not a number and for numbers beyond the service's bounds."""
    limit, skip = _number(params, "_limit", min(100, most)), _number(params, "_skip", 0)
    if limit > most:
        text = "The limit you set is larger than the maximum limit for this resource"
        raise PagingRefusal("_limit", f"{text} ({most}).", f"{text} (max_limit = {most}).")
    if skip > MAX_SKIP:
        text = "The skip you set is larger than the maximum skip for this resource"
        words = f"{text} (max_skip = {MAX_SKIP}). Please refine your search query."
        raise PagingRefusal(None, words, words)
    return limit, skip


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = str(params.get(name, default))
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        problem = f"Not a valid non-negative integer: {text[:40]}"
        raise PagingRefusal(name, problem, f'{name} must be an integer (got "{text[:40]}" instead).')
    return int(text)

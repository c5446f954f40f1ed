"""Generated answers come back field by field; damaged ones end in an error that names the place, never in less data."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.pipedrive.account import Account, Clock, asking, cells, copied, deal, over
from worker.adapters.http import HttpAnswer
from worker.domain.money import exponent
from worker.domain.snapshot.snapshot import Snapshot
from worker.errors import SourceShapeChanged
from worker.ports import Question
from worker.sources.common.calls import Retries
from worker.sources.common.credentials import StaticHeaders
from worker.sources.pipedrive import PipedriveSource, PipedriveTuning

IDS = st.integers(1, 2**53)
INSTANTS = st.integers(0, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
TITLES = st.text(min_size=1, max_size=30).filter(str.strip)


@st.composite
def deals(draw: st.DrawFn) -> dict[str, Any]:
    """Any open deal that version 2 may write."""
    currency = draw(CURRENCIES)
    minor = draw(st.one_of(st.none(), st.integers(-(10**11), 10**12)))
    value = None if minor is None else float(Decimal(minor).scaleb(-exponent(currency)))
    return deal(
        draw(IDS),
        title=draw(TITLES),
        owner_id=draw(st.one_of(st.none(), IDS)),
        value=int(value) if value is not None and value == int(value) and draw(st.booleans()) else value,
        currency=currency,
        org_id=draw(st.one_of(st.none(), IDS, st.just(...))),
        stage_id=draw(st.sampled_from([1, 2, 3])),
        add_time=draw(INSTANTS),
        update_time=draw(st.one_of(st.none(), INSTANTS)),
        stage_change_time=draw(st.one_of(st.none(), INSTANTS, st.just(...))),
        probability=draw(st.one_of(st.none(), st.integers(0, 100))),
        expected_close_date=draw(st.one_of(st.none(), st.dates().map(str), st.just(...))),
        minor_=minor,
    )


class Wire:
    """An account without a socket: what is sent and read is the client's own affair elsewhere."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.account = Account()
        self.answers = answers

    async def send(self, method: str, path: str, **asked: Any) -> HttpAnswer:
        assert method == "GET"
        found = self.answers.get(path)
        if found is None:
            found = {"success": True, **self.account._found(_Asked(path, asked["params"]))}  # type: ignore[arg-type]
        return HttpAnswer(200, {}, json.dumps(found).encode())

    async def aclose(self) -> None:
        return


class _Asked:
    def __init__(self, path: str, params: Any) -> None:
        self.path, self.params = path, params


async def read(answers: dict[str, Any], question: Question) -> Snapshot:
    source = PipedriveSource(
        Wire(answers),
        StaticHeaders({"x-api-token": "t"}, ("t",)),
        clock=Clock(),
        tuning=PipedriveTuning(retries=Retries(tries=1)),
    )
    return (await source.fetch(question)).snapshot


@given(st.lists(deals(), max_size=6, unique_by=lambda d: d["id"]))
@settings(max_examples=60, deadline=None)
async def test_every_field_of_a_valid_deal_comes_back(written: list[dict[str, Any]]) -> None:
    body = {"success": True, "data": written, "additional_data": {"next_cursor": None}}
    snapshot = await read({"/api/v2/deals": body}, asking("deals"))
    rows = snapshot.rows
    assert rows is not None
    assert snapshot.members == {str(d["id"]) for d in written}
    for given_ in written:
        row = rows.record(rows.by_key()[str(given_["id"])])
        born = _ms(given_["add_time"])
        assert row["title"] == given_["title"]
        assert row["owner_id"] == (None if given_["owner_id"] is None else str(given_["owner_id"]))
        assert (row["value"], row["currency"]) == (given_["minor_"], given_["currency"])
        assert row["lead_id"] == (f"org_{given_['org_id']}" if given_.get("org_id") else None)
        assert (row["created_at"], row["updated_at"]) == (born, _ms(given_["update_time"]) or born)
        assert row["stage_since"] == (_ms(given_.get("stage_change_time")) or born)
        assert row["expected_close"] == given_.get("expected_close_date")
        stages_own = 10 if given_["stage_id"] == 1 else 50 if given_["stage_id"] == 2 else None
        assert row["confidence"] == (stages_own if given_["probability"] is None else given_["probability"])


def _ms(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp()) * 1000


WRONG: list[Any] = [[], [7], {"a": 1}, True, "nonsense", 1.5, -3, None]
DEAL_FIELDS: dict[str, set[Any]] = {
    "id": {"a whole number"},
    "title": {None},
    "stage_id": set(),
    "pipeline_id": set(),
    "owner_id": {None},
    "value": {None, 1.5, -3},
    "currency": set(),
    "status": set(),
    "add_time": {None},
    "update_time": {None},
    "stage_change_time": {None},
    "probability": {None, -3, 1.5},
    "expected_close_date": {None},
    "is_archived": {None, True},
    "org_id": {None},
}


COSTS_ITSELF = {"currency": "value", "probability": "confidence"}
"""Fields that cost their own column where they cannot be read, and not the list."""


def fine(name: str, wrong: Any) -> bool:
    """What a field may hold after all."""
    if name == "title" and wrong == "nonsense":
        return True
    return not isinstance(wrong, list | dict) and wrong in DEAL_FIELDS[name] and not (wrong == 1 and wrong is not True)


@pytest.mark.parametrize("name", DEAL_FIELDS)
@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_a_damaged_field_of_a_deal_is_named_and_nothing_is_read(name: str, wrong: Any) -> None:
    if fine(name, wrong):
        return
    body = {"success": True, "data": [deal(1), deal(2) | {name: wrong}], "additional_data": {"next_cursor": None}}
    if name in COSTS_ITSELF:
        snapshot = await read({"/api/v2/deals": body}, asking("deals"))
        assert [note for note in snapshot.notes if note.startswith("deal 2: ")], "left out, and told"
        assert cells(snapshot, "2")[COSTS_ITSELF[name]] in (None, 10)
        return
    with pytest.raises(SourceShapeChanged) as error:
        await read({"/api/v2/deals": body}, asking("deals"))
    assert error.value.path.startswith(f"data[1].{name}")
    assert ("deal 2: " in str(error.value)) is (name != "id")


STATISTICS = "/api/v1/pipelines/1/movement_statistics"
MOVES = {"count": 1, "deals_ids": [1], "values": {"USD": 10}, "formatted_values": {"USD": "US$10"}}
ANSWERS: list[tuple[str, Question, Any]] = [
    (
        "/api/v1/pipelines/1/conversion_statistics",
        over("conversion"),
        {
            "stage_conversions": [{"from_stage_id": 1, "to_stage_id": 2, "conversion_rate": 5}],
            "won_conversion": 1,
            "lost_conversion": 2,
        },
    ),
    (
        STATISTICS,
        over("movements"),
        {
            "movements_between_stages": {"count": 1},
            **dict.fromkeys(("new_deals", "deals_left_open", "won_deals", "lost_deals"), MOVES),
            "average_age_in_days": {"across_all_stages": 2, "by_stages": [{"stage_id": 1, "value": 15}]},
        },
    ),
    (
        "/api/v1/deals/summary",
        asking("deals_summary"),
        {
            "values_total": {"EUR": {"value": 10, "count": 2}},
            "weighted_values_total": {"EUR": {"value": 10, "count": 2}},
            "total_count": 2,
            "total_currency_converted_value": 41.1,
        },
    ),
]


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an answer that can be damaged."""
    if way:
        yield way
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*way, key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from places(part, (*way, at))


def damaged(value: Any, way: tuple[Any, ...], wrong: Any) -> Any:
    found = copied(value)
    inner = found
    for step in way[:-1]:
        inner = inner[step]
    if wrong is ...:
        del inner[way[-1]]
    else:
        inner[way[-1]] = wrong
    return found


def as_path(way: tuple[Any, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in ("data", *way)).removeprefix(".")


IGNORED = ("deals_ids", "formatted_values", "weighted_values_total")
FORGIVEN = ("average_age_in_days", "total_currency_converted_value", "EUR", "USD", "across_all_stages")


def pieces() -> Iterator[Any]:
    for path, question, data in ANSWERS:
        for way in places(data):
            if not any(step in IGNORED for step in way):
                yield pytest.param(path, question, data, way, id=f"{question.item.query}-{as_path(way)}")


@pytest.mark.parametrize(("path", "question", "data", "way"), list(pieces()))
async def test_damage_anywhere_ends_in_an_error_that_names_the_place(
    path: str, question: Question, data: Any, way: Any
) -> None:
    """The very place, or the one above it where the piece was taken away from a list."""
    whole = await read({path: {"success": True, "data": data}}, question)
    wrongs: tuple[Any, ...] = ("nonsense", True, {"a": {}}, [1], ...)
    for wrong in wrongs:
        if isinstance(way[-1], int) and wrong is ...:
            continue
        spoilt = {"success": True, "data": damaged(data, way, wrong)}
        found = await outcome({path: spoilt}, question)
        if isinstance(found, SourceShapeChanged):
            assert found.path.startswith(as_path(way)), (wrong, str(found))
        else:
            assert wrong is ..., found
            assert way[-1] in FORGIVEN
            assert found != whole


async def outcome(answers: dict[str, Any], question: Question) -> Snapshot | SourceShapeChanged:
    try:
        return await read(answers, question)
    except SourceShapeChanged as error:
        return error

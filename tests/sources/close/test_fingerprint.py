"""Which two answers may be compared."""

from typing import Any

import pytest

from worker.domain.schedule import Follow, Query, Show
from worker.domain.time.window import WindowSpec
from worker.sources.close.fingerprint import fingerprint


def deals(**params: Any) -> Query:
    return Query("deals", "close", "opportunities", params=params)


def funnel(*, as_written: bool = False, **params: Any) -> Query:
    return Query("funnel", "close", "funnel_totals", params={"pipeline": "p"} | params, as_written=as_written)


def same(one: Query, other: Query) -> bool:
    return fingerprint("orga_acme", one) == fingerprint("orga_acme", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (deals(status_type="active"), deals(status_type__in=["active"])),
        (deals(user_id__in=["a", "b"]), deals(user_id__in=["b", "a"])),
        (deals(_order_by="-value", _fields=["note"]), deals()),
        (funnel(report_relative_range="today"), funnel(report_relative_range="last-week")),
        (funnel(users=[]), funnel()),
        (funnel(users=["a", "b"]), funnel(users=["b", "a"])),
    ],
)
def test_the_same_question_in_other_words_is_the_same(one: Query, other: Query) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (deals(status_type="active"), deals(status_type="won")),
        (deals(is_stalled=True), deals()),
        (deals(pipeline="p"), deals(pipeline="q")),
        (deals(_limit=5), deals(_limit=6)),
        (deals(_limit=5, _order_by="value"), deals(_limit=5, _order_by="-value")),
        (deals(_group_by="user_id"), deals()),
        (funnel(type="created-cohort"), funnel(type="active-stage-cohort")),
        (funnel(as_written=True, report_relative_range="today"), funnel(as_written=True)),
    ],
)
def test_another_question_is_another(one: Query, other: Query) -> None:
    assert not same(one, other)


def test_window_name_display_and_following_do_not_matter_but_the_account_does() -> None:
    bare = deals(status_type="active")
    dressed = Query(
        "other-id",
        "other-connection",
        "opportunities",
        window=WindowSpec("today"),
        params={"status_type": "active"},
        follow=Follow.CLOSED,
        show=Show("-value", 3),
    )
    assert same(bare, dressed)
    assert fingerprint("orga_other", bare) != fingerprint("orga_acme", bare)

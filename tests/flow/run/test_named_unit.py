"""Whom the definition in force names."""

from dataclasses import replace
from typing import Any

from tests.support.alert_fakes import Ids, Renamed
from tests.support.fakes import TEAM, WEEKLY, Deployed, FixedClock, Takes, bundle_with, uses
from worker.domain.schedule import Schedule
from worker.flow.run.named import named_readers, still_named

COPIED = replace(TEAM, cc=("boss@acme.example",))
GONE, BEFORE = bundle_with(), bundle_with(replace(WEEKLY, to=(COPIED,)))
TAKES: Any = uses(takes=Takes("mail").takes)


def deployments(*schedules: Schedule | None) -> Any:
    """Newest first; None: a deployment without the schedule."""
    return Renamed(*(GONE if one is None else bundle_with(one) for one in schedules))


async def test_readers_and_copies_are_named_by_what_is_in_force() -> None:
    named = await named_readers(deployments(replace(WEEKLY, to=(COPIED,)), WEEKLY), "weekly")
    assert named is not None
    assert named.ids == {"team|team@acme.example", "cc:team|boss@acme.example"}
    names = {one: named.names(TAKES, one) for one in ("team|team@acme.example", "team|x@acme.example", "x|x@x.example")}
    assert list(names.values()) == [True, False, False], names


async def test_a_schedule_that_was_removed_names_whom_it_named_last() -> None:
    named = await named_readers(deployments(None, None, WEEKLY, replace(WEEKLY, to=(COPIED,))), "weekly")
    assert named is not None
    assert named.ids == {"team|team@acme.example"}


async def test_a_schedule_of_no_deployment_names_nobody() -> None:
    assert await named_readers(deployments(None, WEEKLY), "other") is None
    assert await named_readers(deployments(), "weekly") is None


async def test_who_is_named_under_the_present_id_or_another_still_is() -> None:
    given: Any = uses(
        clock=FixedClock(), connectors=TAKES, deployments=Deployed(bundle_with(WEEKLY)), subscriptions=Ids()
    )
    asked = ("team|team@acme.example", "old|team@acme.example", "gone|team@acme.example")
    assert await still_named(given, "weekly", asked) == set(asked[:2])
    gone: Any = uses(deployments=deployments(), subscriptions=Ids())
    assert await still_named(gone, "weekly", asked) == set()

"""Which deployment a rollback puts in force again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.support.fakes import NOW, WEEKLY, Deployed, bundle_with, uses
from worker.domain.schedule import Bundle
from worker.errors import NotFound, RequestError
from worker.flow.operate.rollback import deployments, rollback_target
from worker.ports import Deployment


class Past(Deployed):
    """Deployments by the ids of their bundles, newest first."""

    def __init__(self, *made: str) -> None:
        super().__init__(None)
        self.made = made
        self.bundles = {name: bundle_with(WEEKLY) for name in made}

    async def history(self) -> Sequence[Deployment]:
        return [Deployment(name, NOW - timedelta(hours=hours)) for hours, name in enumerate(self.made)]

    async def bundle(self, bundle_id: str) -> Bundle | None:
        return self.bundles[bundle_id]


async def test_the_newest_deployment_is_in_force() -> None:
    rows = await deployments(uses(deployments=Past("cc", "ab")))
    assert [(row.deployment.bundle, row.in_force, row.schedules) for row in rows] == [("cc", True, 1), ("ab", False, 1)]


@pytest.mark.parametrize(("reference", "expected"), [(None, "ab"), ("ab", "ab"), ("aa", "aa"), ("aaaa", "aaaa1")])
async def test_a_rollback_takes_the_bundle_before_or_the_one_that_is_named(
    reference: str | None, expected: str
) -> None:
    past = Past("cc", "cc", "ab", "cc", "aaaa1") if reference != "aa" else Past("cc", "aa")
    assert await rollback_target(uses(deployments=past), reference) is past.bundles[expected]


@pytest.mark.parametrize(
    ("made", "reference", "error", "says"),
    [
        ((), None, NotFound, "no earlier deployment"),
        (("cc",), None, NotFound, "no earlier deployment"),
        (("cc", "ab"), "cc", RequestError, "is deployed already"),
        (("cc", "ab"), "x", NotFound, "`funnelbeat deployments` lists them"),
        (("cc", "ab", "aa"), "a", RequestError, "2 deployments begin"),
    ],
)
async def test_a_deployment_that_cannot_be_meant_is_one_sentence(
    made: tuple[str, ...], reference: str | None, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        await rollback_target(uses(deployments=Past(*made)), reference)

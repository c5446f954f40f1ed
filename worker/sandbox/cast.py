"""The people and things of the simulation: one invented organisation, its people and its pipelines. `names` has the
names of its customers.
"""

import random
import string
from dataclasses import dataclass
from datetime import UTC, datetime

ORGANISATION = "orga_5sYkQm2vXcB7nLtRw9hJdPzGfKe3aUiOo1TxEyWqAbC"
ORGANISATION_NAME = "Acme"
CURRENCY = "EUR"
MAIN = "pipe_4vukv2FUlFh9FDiVYAop1U"
OTHER = "pipe_7hRenewQm3TzXw8LkPdV2s"
SAVED_SEARCH = "save_Kq7LargeDealsOnlyZx3Vb9NmTrW5yHc2PfJg8DsUe1A"
LEAD_VIEW = "save_Rv2LargeCustomersQ8mWtXz4LkHb6YcNpJ3sGdVf7Ue9Ai"
GROUP = "group_3NorthTeamPq8RvXz5LkWm7T"
FOUNDED = datetime(2021, 3, 1, 9, 22, 10, 931820, UTC)


@dataclass(frozen=True, slots=True)
class CastStage:
    """`type` is Close's: active, won or lost."""

    id: str
    label: str
    type: str
    pipeline: str


@dataclass(frozen=True, slots=True)
class User:
    """`former`: no longer a member. /user/ does not list former members, but deals still refer to them."""

    id: str
    first: str
    last: str
    email: str
    former: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def _stages(pipeline: str, prefix: str, labels: tuple[tuple[str, str], ...]) -> tuple[CastStage, ...]:
    return tuple(CastStage(f"stat_{prefix}{label}Xk4Tq9", label, kind, pipeline) for label, kind in labels)


PIPELINE_NAMES = {MAIN: "Sales", OTHER: "Renewals"}
PIPELINES: dict[str, tuple[CastStage, ...]] = {
    MAIN: _stages(
        MAIN,
        "m1",
        (
            ("Qualified", "active"),
            ("Demo", "active"),
            ("Proposal", "active"),
            ("Negotiation", "active"),
            ("Won", "won"),
            ("Lost", "lost"),
        ),
    ),
    OTHER: _stages(
        OTHER, "r2", (("Upcoming", "active"), ("Contacted", "active"), ("Renewed", "won"), ("Churned", "lost"))
    ),
}
STAGES: dict[str, CastStage] = {stage.id: stage for stages in PIPELINES.values() for stage in stages}
ORDER: dict[str, int] = {stage.id: n for stages in PIPELINES.values() for n, stage in enumerate(stages)}

USERS: tuple[User, ...] = (
    User("user_1AnnaQ7hTzXk5VbLm2RwPs9DcNf", "Anna", "Lindqvist", "anna@acme.example"),
    User("user_2BenW3kMvYd8GhQt6ZxRj4LnSp", "Ben", "Okafor", "ben@acme.example"),
    User("user_3CarlaT9pKsHb2WmXf7VqJd5GzL", "Carla", "D'Amico", "carla@acme.example"),
    User("user_4DovR6nLxZc3QyTk8MwBh1VgPf", "דב", "כהן", "dov@acme.example"),
    User("user_5EmiJ2vHqXs7DtRk4NzWm9BcLp", "Émilie", "Nguyễn", "emi@acme.example"),
    User("user_6FredY8gTmPz5XcVk3QbLh7RwJn", "Fred", "Becker", "fred@acme.example", former=True),
)
USERS_BY_ID: dict[str, User] = {user.id: user for user in USERS}
GROUP_MEMBERS = {GROUP: frozenset({USERS[0].id, USERS[1].id})}

ACTIONS: tuple[tuple[str, str], ...] = (
    ("follow_up_call", "Nobody has spoken to them for three weeks."),
    ("follow_up_email", "The proposal was opened twice and not answered."),
    ("adjust_close_date", "The expected close date is past."),
    ("change_status", "They asked for a demo; the stage says otherwise."),
)

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, rng: random.Random) -> str:
    """An id in the service's form: the prefix and 43 characters."""
    return f"{prefix}_{''.join(rng.choices(_ALPHABET, k=43))}"


def stage_of(pipeline: str, kind: str) -> str:
    """The first stage of `kind` (active, won, lost) in a pipeline."""
    return next(stage.id for stage in PIPELINES[pipeline] if stage.type == kind)


def active_stages(pipeline: str) -> tuple[str, ...]:
    return tuple(stage.id for stage in PIPELINES[pipeline] if stage.type == "active")

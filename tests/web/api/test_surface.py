"""The whole surface of the API, as its own description has it: no fault, no answer that the description does not know,
and nothing without the right token. New endpoints are in these tests without a further word.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import pytest
import schemathesis
import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import get_state_machine_test
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.checks import positive_data_acceptance
from schemathesis.config import SchemathesisConfig

from tests.support.patience import PATIENCE
from tests.web.api.in_thread import ApiInThread, api_in_thread
from worker.adapters.redis_server import EmbeddedRedis
from worker.domain.access import TokenScope
from worker.entry.draft import checked_draft
from worker.flow.services import Services
from worker.web.api.app import api

AnyCase = Case[Any]

DESCRIPTION = api(cast("Services", None), lambda: 0.0, "acme", checked_draft).openapi()
EXAMPLES = 20
MANY = 1_000


class Operation(NamedTuple):
    method: str
    path: str

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = DESCRIPTION["paths"][self.path][self.method.lower()]
        return found

    @property
    def scope(self) -> TokenScope:
        [[written]] = [roles for one in self.described["security"] for roles in one.values()]
        return TokenScope(written)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


OPERATIONS = [Operation(method.upper(), path) for path, found in DESCRIPTION["paths"].items() for method in found]
ENDING = [operation for operation in OPERATIONS if not operation.path.endswith("/events")]


@pytest.fixture(scope="module")
def served(module_redis: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiInThread]:
    with api_in_thread(module_redis, tmp_path_factory.mktemp("api") / "project") as made:
        yield made


@pytest.fixture(scope="module")
def described() -> BaseSchema:
    """Without event streams, which have no end. Tokens are the test's own."""
    own = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_dict(DESCRIPTION, config=own).exclude(path_regex="/events$")


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """What is refused is no news here. A failure stands beside the report of the test, under the id in its answer."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


def bounded(examples: int, *, random: bool = False) -> settings:
    return settings(
        max_examples=examples,
        derandomize=not random,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def cases(found: Any, values: dict[str, list[str]]) -> st.SearchStrategy[AnyCase]:
    """Requests that the description allows and requests that it does not. In every other one the path names what is
    there.
    """
    right, wrong = (found.as_strategy(generation_mode=mode) for mode in GenerationMode)
    wrong = wrong.filter(_arrives)
    known = {name: st.sampled_from(known) for name, known in values.items() if "{" + name + "}" in found.path}
    there = st.builds(_there, right, st.fixed_dictionaries(known))
    return st.one_of(right, wrong, there)


def _arrives(case: AnyCase) -> bool:
    """A parameter without a value, such as an empty list, is not sent, and then the request is not wrong."""
    return not any(value in (None, [], {}) for value in (case.query or {}).values())


def _there(case: AnyCase, values: dict[str, str]) -> AnyCase:
    case.path_parameters.update(values)
    return case


def answer_fits(case: AnyCase, served: ApiInThread) -> None:
    """422 is also for what no schema can say, such as an instant that has passed."""
    token = served.tokens[TokenScope.MANAGE]
    response = case.call(base_url=served.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)
    case.validate_response(response, excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize("operation", ENDING, ids=str)
def test_every_answer_is_one_that_the_description_knows(
    served: ApiInThread, described: BaseSchema, operation: Operation
) -> None:
    found = described[operation.path][operation.method]

    @bounded(EXAMPLES)
    @given(case=cases(found, served.values))
    def ask(case: AnyCase) -> None:
        answer_fits(case, served)

    ask()


@pytest.mark.soak
@pytest.mark.parametrize("operation", ENDING, ids=str)
def test_thousands_of_requests_get_no_other_answer(
    served: ApiInThread, described: BaseSchema, operation: Operation
) -> None:
    found = described[operation.path][operation.method]

    @bounded(MANY, random=True)
    @given(case=cases(found, served.values))
    def ask(case: AnyCase) -> None:
        answer_fits(case, served)

    ask()


@pytest.mark.parametrize("scenarios", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_what_an_answer_leads_to_answers_as_well(served: ApiInThread, described: BaseSchema, scenarios: int) -> None:
    """Keys of one answer go into the next request, as the links of the description say."""
    headers = {"Authorization": f"Bearer {served.tokens[TokenScope.MANAGE]}"}

    class Linked(described.as_state_machine()):  # type: ignore[misc]  # a class that schemathesis makes
        def get_call_kwargs(self, _case: AnyCase) -> dict[str, Any]:
            return {"base_url": served.url, "headers": headers, "timeout": PATIENCE}

        def validate_response(self, response: Any, case: AnyCase, **_more: Any) -> None:
            case.validate_response(response, excluded_checks=[positive_data_acceptance])

    ended = [ends(Linked, number) for number in range(scenarios)]
    assert ended.count(True) > scenarios / 2


def ends(machine: Any, number: int) -> bool:
    """One scenario beside the simplest. False if it could not be told to the end: what can be asked next depends on
    what the server holds, and that changes between two scenarios, which Hypothesis cannot follow. Nothing was wrong
    with an answer then.
    """
    scenario = get_state_machine_test(machine, settings=settings(bounded(2), stateful_step_count=8))
    try:
        seed(number)(scenario)()
    except FlakyStrategyDefinition:
        return False
    return True


def test_no_parameter_is_described_as_null() -> None:
    """A query cannot contain it. Programs that are made from the description asked for it all the same."""
    parameters = [
        one for path in DESCRIPTION["paths"].values() for act in path.values() for one in act.get("parameters", ())
    ]
    assert parameters
    assert [one["name"] for one in parameters if "null" in json.dumps(one["schema"])] == []


def filled(path: str, values: dict[str, list[str]]) -> str:
    for name, known in values.items():
        path = path.replace("{" + name + "}", known[0])
    return path


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_nothing_is_done_without_the_right_token(served: ApiInThread, operation: Operation) -> None:
    path = filled(operation.path, served.values)
    body: dict[str, object] = {"json": {}} if operation.method != "GET" else {}
    for token in (None, served.foreign, "fb_00000000_" + "a" * 43, served.tokens[operation.scope][:-1]):
        answer = served.ask(operation.method, path, token, **body)
        assert (answer.status_code, answer.json()["reason"]) == (401, "unauthorized"), token
    for scope in set(TokenScope) - {operation.scope, TokenScope.MANAGE}:
        answer = served.ask(operation.method, path, served.tokens[scope], **body)
        assert (answer.status_code, answer.json()["reason"]) == (403, "forbidden"), scope


def test_the_description_is_openapi_and_names_a_scope_for_everything() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1")
    assert {operation.scope for operation in OPERATIONS} == set(TokenScope)
    ids = [operation.described["operationId"] for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert all(operation.described.get("description") for operation in OPERATIONS)

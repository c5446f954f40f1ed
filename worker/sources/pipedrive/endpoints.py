"""The endpoints of Pipedrive that queries and commands use, with their parameters and tests, for the reference."""

from worker.ports.endpoints import Endpoint, EndpointParams

_TESTS = "tests/sources/pipedrive/"
_SENT = "tests/sources/test_parameters.py::"
_CLI = "tests/entry/test_source_cli.py::"
_WRITES = f"{_TESTS}test_catalog.py::test_a_pipeline_is_made_changed_and_deleted"
_SUMS = f"{_TESTS}test_sums.py::test_a_pipeline_comes_with_its_stages_and_the_sums_of_its_open_deals"


def _statistics(kind: str, query: str) -> Endpoint:
    test = f"{_SENT}test_days_and_users_of_pipedrives_statistics_go_out[{query}]"
    return Endpoint(
        f"GET /v1/pipelines/{{id}}/{kind}_statistics",
        query,
        test,
        f"GET /api/v1/pipelines/{{id}}/{kind}_statistics",
        (EndpointParams(("id", "start_date", "end_date", "user_id"), test),),
    )


def _old_list() -> Endpoint:
    names = "filter_id user_id everyone stage_id start limit get_summary totals_convert_currency"
    test = f"{_TESTS}test_lists.py::test_the_old_list_is_read_by_offset_with_its_own_parameters"
    return Endpoint(
        "GET /v1/pipelines/{id}/deals",
        "deals",
        test,
        "GET /api/v2/deals, and this one where `id` is written",
        (
            EndpointParams(("id",), test),
            EndpointParams(tuple(names.split()), f"{_SENT}test_a_parameter_of_pipedrives_old_list_goes_out[{{}}]"),
        ),
    )


def _write(verb: str, method: str, *values: str) -> Endpoint:
    path = "/api/v2/pipelines" + ("" if verb == "create" else "/{id}")
    params = [] if verb == "create" else [EndpointParams(("id",), _WRITES, "the ID after the verb")]
    params += [EndpointParams(values, _WRITES, "`--set NAME=VALUE`")] if values else []
    test = f"{_CLI}test_a_pipeline_is_made_changed_and_deleted_once_it_is_confirmed"
    return Endpoint(f"{method} {path}", f"pipelines {verb}", test, "", tuple(params), command=True)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET /api/v2/pipelines",
        "pipelines",
        f"{_TESTS}test_sums.py::test_every_pipeline_is_told_and_the_first_in_order_is_the_default",
        params=(
            EndpointParams(
                ("sort_by", "sort_direction", "limit", "cursor"),
                f"{_SENT}test_a_parameter_of_pipedrives_pipelines_goes_out[{{}}]",
            ),
        ),
    ),
    Endpoint(
        "GET /api/v2/pipelines/{id}",
        "pipeline",
        _SUMS,
        "the same, and GET /api/v1/deals/summary for its sums",
        (EndpointParams(("id",), _SUMS),),
    ),
    _statistics("conversion", "conversion"),
    _old_list(),
    _statistics("movement", "movements"),
    _write("create", "POST", "name", "is_deal_probability_enabled"),
    _write("update", "PATCH", "name", "is_deal_probability_enabled"),
    _write("delete", "DELETE"),
)

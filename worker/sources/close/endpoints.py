"""The endpoints of Close that queries use, with their parameters and tests, for the reference."""

from worker.ports.endpoints import Endpoint, EndpointParams

_TESTS = "tests/sources/close/"
_SENT = "tests/sources/test_parameters.py::"

_DATES = " ".join(
    f"{field}{edge}"
    for field in ("date_won", "date_created", "date_updated")
    for edge in ("", "__gte", "__gt", "__lte", "__lt")
)
_FUNNEL = (
    "pipeline type report_relative_range report_datetime_range cohort_relative_range cohort_datetime_range "
    "compared_relative_range compared_datetime_range compared_custom_range query users"
)
_LIST = (
    "_limit _skip _fields lead_id organization_id user_id user_id__in status_id status_id__in status_type "
    f"status_type__in status_label status_label__in status status__in {_DATES} value_period value_period__in query "
    "lead_query lead_saved_search_id is_stalled _order_by _group_by"
)


def _funnel(kind: str) -> Endpoint:
    csv = f"{_TESTS}test_funnel.py::test_the_csv_by_user_is_kept_byte_for_byte"
    return Endpoint(
        f"POST /report/funnel/opportunity/{kind}/",
        f"funnel_{kind}",
        f"{_TESTS}test_funnel.py::test_the_window_is_posted_as_explicit_instants_and_the_comparison_is_a_second_call",
        params=(
            EndpointParams(
                tuple(_FUNNEL.split()), f"{_SENT}test_a_parameter_of_closes_funnels_goes_out[{{}}-funnel_{kind}]"
            ),
            EndpointParams(("accept",), csv, "`attach:` of an entry; a header"),
        ),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    _funnel("totals"),
    _funnel("stages"),
    Endpoint(
        "GET /opportunity/",
        "opportunities",
        f"{_TESTS}test_lists.py::test_a_list_of_many_pages_comes_whole_and_in_canonical_order",
        params=(EndpointParams(tuple(_LIST.split()), f"{_SENT}test_a_parameter_of_closes_list_goes_out[{{}}]"),),
    ),
)

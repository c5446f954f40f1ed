"""Every endpoint of the services that a definition or a command uses, with every parameter and its test.

docs/reference/endpoints.md is generated from this. A test checks that each row's test exists and each parameter is
offered.
"""

from collections.abc import Iterator
from dataclasses import dataclass

ONE = "tests/sources/test_parameters.py::"


@dataclass(frozen=True, slots=True)
class Given:
    """Parameters that one test covers. A `test` with `{}` in it is a parametrized one. `ours`: how a definition writes
    the parameter, if not under its own name below `params:`.
    """

    names: tuple[str, ...]
    test: str
    ours: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`called`: the name in the service's documentation. `sent`: the path that is used today, if it differs. `use`: the
    query, or the words after `funnelbeat source NAME`, which begin with a kind.
    """

    service: str
    called: str
    use: str
    test: str
    sent: str = ""
    given: tuple[Given, ...] = ()
    command: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


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
_FILTERS = "path referrer title query browser os device country region city hostname tag segment cohort"
_CLOSE = "tests/sources/close/"
_PIPEDRIVE = "tests/sources/pipedrive/"
_UMAMI = "tests/sources/umami/"
_CLI = "tests/entry/test_source_cli.py::"


def _funnel(kind: str) -> Endpoint:
    csv = f"{_CLOSE}test_funnel.py::test_the_csv_by_user_is_kept_byte_for_byte"
    return Endpoint(
        "Close",
        f"POST /report/funnel/opportunity/{kind}/",
        f"funnel_{kind}",
        f"{_CLOSE}test_funnel.py::test_the_window_is_posted_as_explicit_instants_and_the_comparison_is_a_second_call",
        given=(
            Given(_words(_FUNNEL), f"{ONE}test_a_parameter_of_closes_funnels_goes_out[{{}}-funnel_{kind}]"),
            Given(("accept",), csv, "`attach:` of an entry; a header"),
        ),
    )


def _statistics(kind: str, query: str) -> Endpoint:
    days = f"{ONE}test_days_and_users_of_pipedrives_statistics_go_out[{query}]"
    return Endpoint(
        "Pipedrive",
        f"GET /v1/pipelines/{{id}}/{kind}_statistics",
        query,
        days,
        f"GET /api/v1/pipelines/{{id}}/{kind}_statistics",
        (Given(_words("id start_date end_date user_id"), days),),
    )


_PIPELINE_WRITES = f"{_PIPEDRIVE}test_catalog.py::test_a_pipeline_is_made_changed_and_deleted"
_REPORT_WRITES = f"{_UMAMI}test_saved.py::test_saved_reports_are_made_changed_and_deleted"
_SUMMED = f"{_PIPEDRIVE}test_sums.py::test_a_pipeline_comes_with_its_stages_and_the_sums_of_its_open_deals"
_ASKED = f"{_UMAMI}test_questions.py::test_a_report_is_asked_for_with_its_own_parameters_and_nothing_else"
_CLI_REPORT = f"{_CLI}test_a_saved_report_is_made_read_changed_and_deleted"


def _old_list() -> Endpoint:
    names = _words("filter_id user_id everyone stage_id start limit get_summary totals_convert_currency")
    old = f"{_PIPEDRIVE}test_lists.py::test_the_old_list_is_read_by_offset_with_its_own_parameters"
    given = (Given(("id",), old), Given(names, f"{ONE}test_a_parameter_of_pipedrives_old_list_goes_out[{{}}]"))
    called = "GET /v1/pipelines/{id}/deals"
    return Endpoint("Pipedrive", called, "deals", old, "GET /api/v2/deals, and this one where `id` is written", given)


def _pipeline_write(verb: str, method: str, values: str) -> Endpoint:
    path = "/api/v2/pipelines" + ("" if verb == "create" else "/{id}")
    given = [] if verb == "create" else [Given(("id",), _PIPELINE_WRITES, "the ID after the verb")]
    given += [Given(_words(values), _PIPELINE_WRITES, "`--set NAME=VALUE`")] if values else []
    cli = f"{_CLI}test_a_pipeline_is_made_changed_and_deleted_once_it_is_confirmed"
    return Endpoint("Pipedrive", f"{method} {path}", f"pipelines {verb}", cli, "", tuple(given), command=True)


def _report(kind: str, names: str, called: str = "") -> Endpoint:
    """A report of Umami that is run; its dates come from the window."""
    test = f"{_ASKED}[{kind}-"
    dates = f"{_UMAMI}test_questions.py::test_the_apis_own_dates_hold_both_their_ends"
    spelling = f"{_UMAMI}test_questions.py::test_the_documentations_spelling_is_taken_and_said"
    return Endpoint(
        "Umami",
        f"POST /api/reports/{called or kind}",
        kind,
        spelling if called else test,
        f"POST /api/reports/{kind}" if called else "",
        (
            Given(("websiteId",), test),
            Given(("type", "parameters"), test, "named by `query:`, filled from `params:`")
            if kind not in {"goal", "attribution"}
            else Given(("parameters",), test, "filled from `params:`"),
            Given(("filters",), f"{ONE}test_a_filter_of_umami_goes_out"),
            Given(_words("startDate endDate"), dates, "`window:`, or by these names"),
            *([Given(_words(names), test)] if names else []),
        ),
    )


def _saved(called: str, words: str, names: str, ours: str) -> Endpoint:
    given = (Given(_words(names), _REPORT_WRITES, ours),) if names else ()
    return Endpoint("Umami", called, f"reports {words}".strip(), _CLI_REPORT, "", given, command=True)


_LISTED_REPORTS = f"{_UMAMI}test_catalog.py::test_reports_and_segments_name_their_website"
ENDPOINTS: tuple[Endpoint, ...] = (
    _funnel("totals"),
    _funnel("stages"),
    Endpoint(
        "Close",
        "GET /opportunity/",
        "opportunities",
        f"{_CLOSE}test_lists.py::test_a_list_of_many_pages_comes_whole_and_in_canonical_order",
        given=(Given(_words(_LIST), f"{ONE}test_a_parameter_of_closes_list_goes_out[{{}}]"),),
    ),
    Endpoint(
        "Pipedrive",
        "GET /api/v2/pipelines",
        "pipelines",
        f"{_PIPEDRIVE}test_sums.py::test_every_pipeline_is_told_and_the_first_in_order_is_the_default",
        given=(
            Given(
                _words("sort_by sort_direction limit cursor"),
                f"{ONE}test_a_parameter_of_pipedrives_pipelines_goes_out[{{}}]",
            ),
        ),
    ),
    Endpoint(
        "Pipedrive",
        "GET /api/v2/pipelines/{id}",
        "pipeline",
        _SUMMED,
        "the same, and GET /api/v1/deals/summary for its sums",
        (Given(("id",), _SUMMED),),
    ),
    _statistics("conversion", "conversion"),
    _old_list(),
    _statistics("movement", "movements"),
    _pipeline_write("create", "POST", "name is_deal_probability_enabled"),
    _pipeline_write("update", "PATCH", "name is_deal_probability_enabled"),
    _pipeline_write("delete", "DELETE", ""),
    Endpoint(
        "Umami",
        "GET /api/reports",
        "reports",
        _CLI_REPORT,
        given=(
            Given(("websiteId",), _LISTED_REPORTS, "each website in turn"),
            Given(
                ("type",), f"{_UMAMI}test_catalog.py::test_reports_of_one_type_can_be_asked_for", "`Catalog.reports`"
            ),
            Given(
                ("page", "pageSize"),
                f"{_UMAMI}test_catalog.py::test_every_page_is_read_even_if_the_service_gives_shorter_ones",
                "every page",
            ),
        ),
        command=True,
    ),
    _saved("POST /api/reports", "create", "websiteId type name description parameters", "`--set NAME=VALUE`"),
    _saved("GET /api/reports/{reportId}", "read", "reportId", "the ID after the verb"),
    Endpoint(
        "Umami",
        "GET /api/reports/{reportId}, and its own report",
        "saved_report",
        f"{_UMAMI}test_saved.py::test_a_saved_report_of_any_type_is_run_over_the_window",
        given=(Given(("reportId",), f"{_UMAMI}test_saved.py::test_a_saved_report_of_any_type_is_run_over_the_window"),),
    ),
    _saved("POST /api/reports/{reportId}", "update", "websiteId type name description parameters", "`--set`, or kept"),
    _saved("DELETE /api/reports/{reportId}", "delete", "reportId", "the ID after the verb"),
    _report("attribution", "model type step"),
    _report("breakdown", "fields"),
    _report("funnel", "steps window"),
    _report("goal", "type value", "goals"),
    _report("journey", "steps startStep endStep"),
    _report("retention", "timezone"),
    _report("revenue", "timezone currency"),
    _report("utm", ""),
    Endpoint(
        "Umami",
        "filters of every report",
        "goal",
        f"{_UMAMI}test_questions.py::test_filters_are_texts_whatever_they_were_written_as",
        given=(Given(_words(_FILTERS), f"{ONE}test_a_filter_of_umami_goes_out[{{}}]", "below `params.filters`"),),
    ),
)


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    """(service, endpoint, parameter, how it is used, test). The parameter is empty in the endpoint's own row."""
    for one in ENDPOINTS:
        use = f"`funnelbeat source NAME {one.use}`" if one.command else f"`query: {one.use}`"
        moved = f"{use}; sent as {one.sent}" if one.sent else use
        yield one.service, one.called, "", moved, one.test
        for given in one.given:
            for name in given.names:
                yield one.service, one.called, name, given.ours or "under `params:`", given.test.replace("{}", name)

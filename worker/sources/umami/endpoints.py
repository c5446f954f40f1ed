"""The endpoints of Umami that queries and commands use, with their parameters and tests, for the reference."""

from worker.ports.endpoints import Endpoint, EndpointParams

_TESTS = "tests/sources/umami/"
_SENT = "tests/sources/test_parameters.py::"
_WRITES = f"{_TESTS}test_saved.py::test_saved_reports_are_made_changed_and_deleted"
_SAVED = f"{_TESTS}test_saved.py::test_a_saved_report_of_any_type_is_run_over_the_window"
_CLI = "tests/entry/test_source_cli.py::test_a_saved_report_is_made_read_changed_and_deleted"
_VALUES = ("websiteId", "type", "name", "description", "parameters")
_FILTERS = "path referrer title query browser os device country region city hostname tag segment cohort"


def _report(kind: str, *names: str, documented: str = "") -> Endpoint:
    """A report as a request. Its dates come from the window."""
    test = f"{_TESTS}test_questions.py::test_a_report_is_asked_for_with_its_own_parameters_and_nothing_else[{kind}-"
    dates = f"{_TESTS}test_questions.py::test_the_apis_own_dates_hold_both_their_ends"
    spelling = f"{_TESTS}test_questions.py::test_the_documentations_spelling_is_taken_and_said"
    return Endpoint(
        f"POST /api/reports/{documented or kind}",
        kind,
        spelling if documented else test,
        f"POST /api/reports/{kind}" if documented else "",
        (
            EndpointParams(("websiteId",), test),
            EndpointParams(("type", "parameters"), test, "named by `query:`, filled from `params:`")
            if kind not in {"goal", "attribution"}
            else EndpointParams(("parameters",), test, "filled from `params:`"),
            EndpointParams(("filters",), f"{_SENT}test_a_filter_of_umami_goes_out"),
            EndpointParams(("startDate", "endDate"), dates, "`window:`, or by these names"),
            *([EndpointParams(names, test)] if names else []),
        ),
    )


def _saved(documented: str, verb: str, names: tuple[str, ...], written: str) -> Endpoint:
    params = (EndpointParams(names, _WRITES, written),)
    return Endpoint(documented, f"reports {verb}", _CLI, "", params, command=True)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET /api/reports",
        "reports",
        _CLI,
        params=(
            EndpointParams(
                ("websiteId",),
                f"{_TESTS}test_catalog.py::test_reports_and_segments_name_their_website",
                "each website in turn",
            ),
            EndpointParams(
                ("type",),
                f"{_TESTS}test_catalog.py::test_reports_of_one_type_can_be_asked_for",
                "`Catalog.reports`",
            ),
            EndpointParams(
                ("page", "pageSize"),
                f"{_TESTS}test_catalog.py::test_every_page_is_read_even_if_the_service_gives_shorter_ones",
                "every page",
            ),
        ),
        command=True,
    ),
    _saved("POST /api/reports", "create", _VALUES, "`--set NAME=VALUE`"),
    _saved("GET /api/reports/{reportId}", "read", ("reportId",), "the ID after the verb"),
    Endpoint(
        "GET /api/reports/{reportId}, and its own report",
        "saved_report",
        _SAVED,
        params=(EndpointParams(("reportId",), _SAVED),),
    ),
    _saved("POST /api/reports/{reportId}", "update", _VALUES, "`--set`, or kept"),
    _saved("DELETE /api/reports/{reportId}", "delete", ("reportId",), "the ID after the verb"),
    _report("attribution", "model", "type", "step"),
    _report("breakdown", "fields"),
    _report("funnel", "steps", "window"),
    _report("goal", "type", "value", documented="goals"),
    _report("journey", "steps", "startStep", "endStep"),
    _report("retention", "timezone"),
    _report("revenue", "timezone", "currency"),
    _report("utm"),
    Endpoint(
        "filters of every report",
        "goal",
        f"{_TESTS}test_questions.py::test_filters_are_texts_whatever_they_were_written_as",
        params=(
            EndpointParams(
                tuple(_FILTERS.split()), f"{_SENT}test_a_filter_of_umami_goes_out[{{}}]", "below `params.filters`"
            ),
        ),
    ),
)

"""The page on the API names only requests that there are, and scopes that there are."""

import re
from pathlib import Path
from typing import cast

from worker.domain.access import TokenScope
from worker.entry.draft import checked_draft
from worker.flow.services import Services
from worker.web.api.app import api

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
DESCRIPTION = api(cast("Services", None), lambda: 0.0, "acme", checked_draft).openapi()
REQUEST = re.compile(r"`(GET|POST|DELETE)\s+(?:/api/v1)?(/[^`?\s]*)")


def test_every_request_that_the_page_names_is_there() -> None:
    named = {(method.lower(), path) for method, path in REQUEST.findall(PAGE)}
    known = {(method, path) for path, found in DESCRIPTION["paths"].items() for method in found}
    assert len(named) > 15
    assert named - known == {("get", "/openapi.json")}


def test_every_example_path_is_there() -> None:
    """Curl's lines, with the names that they hold."""
    paths = re.findall(r"http://127\.0\.0\.1:8080/api/v1(\S+)", PAGE)
    assert paths
    patterns = [re.sub(r"\\\{\w+\\\}", "[^?]+", re.escape(path)) for path in DESCRIPTION["paths"]]
    assert [path for path in paths if not any(re.fullmatch(pattern, path) for pattern in patterns)] == []


def test_every_scope_has_its_line() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {str(scope) for scope in TokenScope}

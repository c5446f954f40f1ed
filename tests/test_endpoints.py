"""The endpoints of every source: no empty row, each parameter is offered, each row's test is one that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from worker.plugins import SOURCES
from worker.sources.pipedrive.catalog import KINDS as PIPEDRIVE_KINDS
from worker.sources.pipedrive.catalog import VERBS as PIPEDRIVE_VERBS
from worker.sources.umami.catalog import KINDS as UMAMI_KINDS
from worker.sources.umami.edits import VERBS as UMAMI_VERBS

ROOT = Path(__file__).parents[1]
ENDPOINTS = [(kind, endpoint) for kind in SOURCES for endpoint in kind.endpoints]
ROWS = [(kind.type, *row) for kind, endpoint in ENDPOINTS for row in endpoint.rows()]


@pytest.fixture(scope="module")
def collected() -> tuple[str, ...]:
    """Node ids as pytest itself finds them."""
    words = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/sources", "tests/entry"]
    found = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(line for line in found.stdout.splitlines() if "::" in line)


def test_every_source_names_its_endpoints() -> None:
    assert all(kind.endpoints for kind in SOURCES)


def test_no_row_is_empty_or_repeated() -> None:
    for source, endpoint, _, use, test in ROWS:
        assert all(text.strip() for text in (source, endpoint, use, test))
    rows = [row[:4] for row in ROWS]
    assert len(rows) == len(set(rows))


def test_every_rows_test_is_there(collected: tuple[str, ...]) -> None:
    nodes = set(collected)
    bare = {node.split("[")[0] for node in nodes}
    lost = [test for *_, test in ROWS if test not in nodes and test not in bare and not beginning(test, nodes)]
    assert lost == []


def beginning(test: str, nodes: set[str]) -> bool:
    """An id of which only the first parameter is known ends in a minus."""
    return test.endswith("-") and any(node.startswith(test) for node in nodes)


def test_every_parameter_under_params_is_one_that_its_query_offers() -> None:
    for kind, endpoint in ENDPOINTS:
        if endpoint.command:
            continue
        offered = {p.name for p in kind.queries[endpoint.use].params}
        for group in endpoint.params:
            assert group.written or set(group.names) <= offered, (endpoint.documented, group.names)


def test_every_command_is_one_that_its_catalog_has() -> None:
    kinds = {"pipedrive": PIPEDRIVE_KINDS, "umami": UMAMI_KINDS}
    verbs = {"pipedrive": PIPEDRIVE_VERBS, "umami": UMAMI_VERBS}
    for source, endpoint in ENDPOINTS:
        if endpoint.command:
            kind, _, verb = endpoint.use.partition(" ")
            assert kind in kinds[source.type]
            assert not verb or verb in verbs[source.type][kind]

"""The table of endpoints is whole: no empty row, each parameter is offered, each row's test is one that runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from worker.plugins import CONNECTIONS
from worker.sources.endpoints import ENDPOINTS, rows
from worker.sources.pipedrive.catalog import KINDS as PIPEDRIVE_KINDS
from worker.sources.pipedrive.catalog import VERBS as PIPEDRIVE_VERBS
from worker.sources.umami.catalog import KINDS as UMAMI_KINDS
from worker.sources.umami.edits import VERBS as UMAMI_VERBS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def collected() -> tuple[str, ...]:
    """Node ids as pytest itself finds them."""
    words = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/sources", "tests/entry"]
    found = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(line for line in found.stdout.splitlines() if "::" in line)


def test_no_row_is_empty() -> None:
    for service, endpoint, _, use, test in rows():
        assert all(text.strip() for text in (service, endpoint, use, test))
    told = [row[:4] for row in rows()]
    assert len(told) == len(set(told))


def test_every_rows_test_is_there(collected: tuple[str, ...]) -> None:
    nodes = set(collected)
    bare = {node.split("[")[0] for node in nodes}
    lost = [test for *_, test in rows() if test not in nodes and test not in bare and not beginning(test, nodes)]
    assert lost == []


def beginning(test: str, nodes: set[str]) -> bool:
    """Where only one of several parameters is ours to know, the id is written up to it."""
    return test.endswith("-") and any(node.startswith(test) for node in nodes)


def test_every_parameter_under_params_is_one_that_its_query_offers() -> None:
    for one in ENDPOINTS:
        if one.command:
            continue
        offered = {p.name for p in CONNECTIONS[one.service.lower()].queries[one.use].params}
        for given in one.given:
            assert given.ours or set(given.names) <= offered, (one.called, given.names)


def test_every_command_is_one_that_its_catalog_has() -> None:
    kinds = {"Pipedrive": PIPEDRIVE_KINDS, "Umami": UMAMI_KINDS}
    verbs = {"Pipedrive": PIPEDRIVE_VERBS, "Umami": UMAMI_VERBS}
    for one in ENDPOINTS:
        if one.command:
            kind, _, verb = one.use.partition(" ")
            assert kind in kinds[one.service]
            assert not verb or verb in verbs[one.service][kind]

"""Traces of a run over real processes, received by OTLP on loopback."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.event_receiver import EventReceiver, Received, event_receiver
from tests.support.installation import installation, variables
from tests.support.patience import PATIENCE
from worker.adapters import otel_traces
from worker.entry.project_dir import child_environment
from worker.entry.tasks import make_worker_app
from worker.errors import RequestError, SettingsError
from worker.settings import Settings, read

WHOLE = {"claim", "run", "fetch", "deliver", "send"}
EVERY_SECOND = """
name: Often
when: {every: 5s}
report:
  - {id: deals, source: close, query: opportunities, params: {status_type: active}}
to:
  - {id: team, channel: mail, address: sales@acme.example}
"""


def spans(seen: list[Received]) -> dict[str, list[Any]]:
    """By the id of their trace, each with the process that sent it."""
    found: dict[str, list[Any]] = defaultdict(list)
    for request in seen:
        told = ExportTraceServiceRequest.FromString(request.body)
        for resource in told.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found[span.trace_id.hex()].append(span)
    return found


def names(group: list[Any]) -> set[str]:
    return {span.name for span in group}


@pytest.mark.slow
def test_a_run_is_one_trace_over_clock_and_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(monkeypatch) as collector:
        with installation(tmp_path) as here:
            here.write("often", EVERY_SECOND)
            here.deploy()
            collector.wait_for(lambda seen: any(names(one) >= WHOLE for one in spans(seen).values()), PATIENCE)
        groups = [one for one in spans(collector.seen).values() if names(one) >= WHOLE]
    for group in groups:
        assert run_of(group).startswith("often@")
    assert b"sales@acme.example" not in b"".join(one.body for one in collector.seen)


@pytest.mark.slow
def test_a_run_of_the_command_line_is_one_trace_over_it_and_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`trigger` claims and a worker does the rest; `run` does all by itself."""
    with collecting(monkeypatch) as collector, installation(tmp_path) as here:
        here.write("often", EVERY_SECOND.replace("5s", "23h"))
        here.deploy()
        environment = {**child_environment(here.settings, "acme"), **variables(here.settings)}
        keys = []
        for command in ("trigger", "run"):
            line = [sys.executable, "-m", "worker.entry", command, "often", "--project", str(here.place), "--json"]
            seen = subprocess.run(line, capture_output=True, text=True, env=environment, check=True)
            keys.append(json.loads(seen.stdout)["key"])
        collector.wait_for(
            lambda seen: {run_of(one) for one in spans(seen).values() if names(one) >= WHOLE} >= set(keys), PATIENCE
        )
        groups = [one for one in spans(collector.seen).values() if names(one) & WHOLE]
    assert sorted(map(run_of, groups)) == sorted(keys)
    assert all(names(group) == WHOLE for group in groups)


@contextmanager
def collecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[EventReceiver]:
    """Every process of this test sends its spans here."""
    with event_receiver() as collector:
        monkeypatch.setenv("FUNNELBEAT_TRACES", "otlp")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        collector.answer = lambda _request: 200
        yield collector


def run_of(group: list[Any]) -> str:
    """The run of a whole trace, whose spans lie within each other as its work did."""
    by_id = {span.span_id: span for span in group}
    [root] = [span for span in group if span.name == "claim"]
    assert not root.parent_span_id
    parents = {span.name: by_id[span.parent_span_id].name for span in group if span.parent_span_id in by_id}
    assert parents == {"run": "claim", "fetch": "run", "deliver": "claim", "send": "deliver"}
    [run] = {one.value.string_value for span in group for one in span.attributes if one.key == "run"}
    return str(run)


def test_without_the_setting_no_tracer_is_imported() -> None:
    """redis-py imports OpenTelemetry's interface for itself where it is installed."""
    ours = "('opentelemetry.sdk.trace', 'opentelemetry.exporter')"
    code = f"import sys, worker.app, worker.entry.tasks; print([m for m in sys.modules if m.startswith({ours})])"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel_traces, "NEEDED", ("opentelemetry.not_there",))
    needed = r"pip install 'funnelbeat\[otel\]'"
    with pytest.raises(RequestError, match=needed):
        otel_traces.OtelTraces("acme", "1")
    with pytest.raises(RequestError, match=needed):  # before it takes a message
        make_worker_app(Settings(traces="otlp"), "acme", Path())


def test_another_kind_of_traces_is_refused() -> None:
    with pytest.raises(SettingsError, match="expected otlp"):
        read({"FUNNELBEAT_TRACES": "jaeger"})

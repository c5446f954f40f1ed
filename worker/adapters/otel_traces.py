"""Traces by OpenTelemetry, sent by OTLP over HTTP. An extra: it is imported when it is asked for, and not before.

OpenTelemetry's own variables say where they go, and how often (OTEL_EXPORTER_OTLP_ENDPOINT and so on):
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from worker.domain.run import RunKey
from worker.errors import RequestError

NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


class OtelTraces:
    """Implements worker.ports.Traces. `project` is part of what a trace's id is made from. Raises RequestError if the
    extra is not installed.

    To be made after a fork, because it sends from a thread.
    """

    def __init__(self, project: str, version: str) -> None:
        refuse_missing()
        self._project = project
        self._api: Any = importlib.import_module("opentelemetry.trace")
        self._contexts: Any = importlib.import_module("opentelemetry.context")
        sdk: Any = importlib.import_module("opentelemetry.sdk.trace")
        export: Any = importlib.import_module("opentelemetry.sdk.trace.export")
        otlp: Any = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        resources: Any = importlib.import_module("opentelemetry.sdk.resources")
        service = {"service.name": "funnelbeat", "service.version": version, "funnelbeat.project": project}
        self._ids: Any = importlib.import_module("opentelemetry.sdk.trace.id_generator").RandomIdGenerator()
        self._provider = sdk.TracerProvider(
            resource=resources.Resource.create(service), id_generator=self._ids, shutdown_on_exit=False
        )
        self._provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("funnelbeat", version)

    def root(self, run: RunKey, name: str) -> None:
        trace, span = self._of(run)
        random = self._ids.generate_trace_id, self._ids.generate_span_id
        # Nothing else starts a span meanwhile: this does not wait.
        self._ids.generate_trace_id, self._ids.generate_span_id = lambda: trace, lambda: span
        try:
            began = self._tracer.start_span(name, context=self._contexts.Context(), attributes={"run": str(run)})
        finally:
            self._ids.generate_trace_id, self._ids.generate_span_id = random
        began.end()

    def span(self, name: str, run: RunKey | None = None, **about: str) -> AbstractContextManager[None]:
        return self._span(name, run, about if run is None else {"run": str(run), **about})

    @contextmanager
    def _span(self, name: str, run: RunKey | None, about: dict[str, str]) -> Iterator[None]:
        """An error marks the span by its type alone: its words may name people."""
        context = None if run is None else self._within(run)
        with self._tracer.start_as_current_span(
            name, context=context, attributes=about, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(self._api.StatusCode.ERROR, type(error).__name__)
                raise

    def _within(self, run: RunKey) -> Any:
        trace, span = self._of(run)
        sampled = self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
        parent = self._api.SpanContext(trace, span, is_remote=True, trace_flags=sampled)
        return self._api.set_span_in_context(self._api.NonRecordingSpan(parent), self._contexts.Context())

    def _of(self, run: RunKey) -> tuple[int, int]:
        """Ids of the run's trace and of its first span. A hash is never all zeros."""
        made = hashlib.sha256(f"{self._project}\n{run}".encode()).digest()
        return int.from_bytes(made[:16]), int.from_bytes(made[16:24])

    def close(self) -> None:
        self._provider.shutdown()


def refuse_missing() -> None:
    """Raises RequestError if the extra is not installed."""
    if not all(_installed(name) for name in NEEDED):
        raise RequestError("FUNNELBEAT_TRACES: install the extra otel: pip install 'funnelbeat[otel]'")


def _installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False

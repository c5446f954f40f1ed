"""The fingerprint of a query. Answers with equal fingerprints (website, report and parameters) can be compared."""

import hashlib
import json

from worker.domain.schedule import Query
from worker.domain.snapshot.snapshot import SCHEMA
from worker.sources.umami.asking import ReportRequest
from worker.sources.umami.rules import DATES


def fingerprint(asked: ReportRequest, item: Query) -> str:
    """32 hexadecimal characters. A website's id is globally unique, so the server's address does not count. Dates do
    not count, unless Umami resolves them. A saved report counts by its content, not by its id.
    """
    written = {name: item.params.get(name) for name in DATES} if item.as_written else {}
    parts = (asked.website, asked.report, dict(asked.parameters), dict(asked.filters), written, SCHEMA)
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]

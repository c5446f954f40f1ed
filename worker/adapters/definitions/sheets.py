"""Parses one YAML file into a sheet, whose keys and values have places."""

from worker.adapters.definitions.place import Findings, Sheet
from worker.adapters.definitions.yaml_nodes import parse


def opened(data: bytes, path: str, findings: Findings) -> Sheet | None:
    """None after a complaint: the file is no YAML, or it is empty."""
    document, complaints = parse(data, path)
    findings.complaints.extend(complaints)
    if document is None:
        return None
    if document.value is None:
        findings.refuse_file(path, "an empty file", "write its keys, or remove it")
        return None
    return Sheet(document, findings)

"""The name of a project, by which its ledger is found. Nothing else of its definitions is read."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worker.adapters.definitions.files import PROJECT_FILE
from worker.adapters.definitions.target_names import TARGET, targets_of
from worker.adapters.definitions.yaml_nodes import parse
from worker.errors import RequestError
from worker.settings import Settings

_PROJECT_LINE = re.compile(r"^project:[ \t]*['\"]?([a-z0-9][a-z0-9-]{0,62})['\"]?[ \t]*(?:#.*)?$", re.MULTILINE)


def project_name(directory: Path, settings: Settings) -> str:
    """FUNNELBEAT_PROJECT, else `project:` of funnelbeat.yaml. Works while the files have errors, because clocks and
    workers serve the deployed definitions. Raises RequestError.
    """
    if settings.project:
        return settings.project
    refuse_no_project(directory)
    data = (directory / PROJECT_FILE).read_bytes()
    document, _ = parse(data, PROJECT_FILE)
    value = document.value if document is not None and isinstance(document.value, dict) else {}
    found = _of_target(value) or value.get("project")
    if isinstance(found, str) and found:
        return found
    line = _PROJECT_LINE.search(data.decode("utf-8", "replace"))  # the file is no YAML at this moment
    if line is None:
        raise RequestError(f"{PROJECT_FILE} names no project: write `project:`, or set FUNNELBEAT_PROJECT")
    return line[1]


def _of_target(value: Mapping[str, Any]) -> object:
    """`project` of the chosen target, None if none is chosen or if it has none. Raises RequestError for one that is not
    there.
    """
    name, known = os.environ.get(TARGET, ""), targets_of(value)
    if name and name not in known:
        raise RequestError(f"found no target {name!r} in {PROJECT_FILE}; it has: {', '.join(known) or 'none'}")
    keys = known.get(name)
    return keys.get("project") if isinstance(keys, dict) else None


def refuse_no_project(directory: Path) -> None:
    if not (directory / PROJECT_FILE).is_file():
        raise RequestError(
            f"{directory} holds no funnelbeat.yaml: name the project with --project or FUNNELBEAT_PROJECT, "
            "or begin with `funnelbeat init DIR`"
        )
